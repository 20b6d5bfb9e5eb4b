// What PrestissimoPlayer does, without Unity: writes what Read gives to stdout.
using System;

static class UnityHarness
{
    static int Main(string[] args)
    {
        using (var stream = new PrestissimoStream())
        {
            stream.Message += json => Console.Error.WriteLine(json);
            stream.Start(args[0], args[1]).GetAwaiter().GetResult();
            var samples = new float[stream.Available];
            if (stream.Read(samples) != samples.Length) return 1;
            var bytes = new byte[4 * samples.Length];
            Buffer.BlockCopy(samples, 0, bytes, 0, bytes.Length);
            using (var stdout = Console.OpenStandardOutput())
                stdout.Write(bytes, 0, bytes.Length);
            return stream.Underruns;
        }
    }
}
