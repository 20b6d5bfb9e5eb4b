// One piece of live music from a Prestissimo server, as samples: everything
// that does not need Unity. PrestissimoPlayer.cs makes it sound.

using System;
using System.IO;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

/// <summary>Receives a stream; another thread reads its samples.</summary>
public sealed class PrestissimoStream : IDisposable
{
    const int HeaderBytes = 24;
    const byte Audio = 1;
    const int Channels = 2;
    /// <summary>Twenty seconds of stereo samples at 48 kHz.</summary>
    const int Capacity = 20 * 48000 * Channels;

    readonly ClientWebSocket socket = new ClientWebSocket();
    readonly CancellationTokenSource closing = new CancellationTokenSource();
    readonly SemaphoreSlim sending = new SemaphoreSlim(1);
    readonly float[] ring = new float[Capacity];
    readonly object gate = new object();
    int readAt, available;

    /// <summary>Every message of the server, as JSON. Called on another thread.</summary>
    public event Action<string> Message;
    /// <summary>How often samples were due and not there.</summary>
    public int Underruns { get; private set; }
    /// <summary>Musical position of what came last, in beats.</summary>
    public double Beat { get; private set; }
    /// <summary>Whether the music has been received to its end.</summary>
    public bool Ended { get; private set; }

    /// <summary>Values that have been received and not read, both channels.</summary>
    public int Available { get { lock (gate) return available; } }

    /// <param name="url">Such as ws://127.0.0.1:8080/v1/stream</param>
    /// <param name="fields">
    /// Fields of `start` as JSON without the braces, such as
    /// "\"prompts\":[{\"text\":\"calm harp\"}],\"energy\":0.2"
    /// </param>
    public async Task Start(string url, string fields)
    {
        socket.Options.AddSubProtocol("prestissimo.v1");
        await socket.ConnectAsync(new Uri(url), closing.Token);
        await Send("{\"type\":\"start\",\"stream\":\"game\"," +
            "\"format\":{\"codec\":\"pcm_s16le\"}," + fields + "}");
        await Receive();
    }

    /// <summary>Changes the music; `fields` as in `Start`, with `at` and `ramp`.</summary>
    public Task Update(string fields)
    {
        return Send("{\"type\":\"update\",\"stream\":\"game\"," + fields + "}");
    }

    /// <summary>Fills a buffer of stereo samples, with silence where there are none.</summary>
    /// <returns>Values that were there.</returns>
    public int Read(float[] target)
    {
        lock (gate)
        {
            int count = Math.Min(target.Length, available);
            for (int i = 0; i < count; i++)
            {
                target[i] = ring[readAt];
                if (++readAt == Capacity) readAt = 0;
            }
            available -= count;
            Array.Clear(target, count, target.Length - count);
            if (count < target.Length && !Ended) Underruns++;
            return count;
        }
    }

    public void Dispose()
    {
        closing.Cancel();
        socket.Dispose();
    }

    async Task Send(string json)
    {
        var bytes = new ArraySegment<byte>(Encoding.UTF8.GetBytes(json));
        await sending.WaitAsync(closing.Token);
        try
        {
            await socket.SendAsync(bytes, WebSocketMessageType.Text, true, closing.Token);
        }
        finally
        {
            sending.Release();
        }
    }

    async Task Receive()
    {
        var part = new ArraySegment<byte>(new byte[1 << 16]);
        var message = new MemoryStream();
        while (!Ended)
        {
            var result = await socket.ReceiveAsync(part, closing.Token);
            if (result.MessageType == WebSocketMessageType.Close) break;
            message.Write(part.Array, 0, result.Count);
            if (!result.EndOfMessage) continue;
            if (result.MessageType == WebSocketMessageType.Binary)
                TakeAudio(message.GetBuffer(), (int)message.Length);
            else
                TakeText(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length));
            message.SetLength(0);
        }
        Ended = true;
    }

    void TakeText(string json)
    {
        if (json.Contains("\"type\":\"done\"") || json.Contains("\"type\":\"error\""))
            Ended = true;
        Message?.Invoke(json);
    }

    // Header, little-endian: kind u8, flags u8, handle u16, seq u32, sample u64,
    // beat f64; then stereo samples.
    void TakeAudio(byte[] frame, int length)
    {
        if (length < HeaderBytes || frame[0] != Audio) return;
        Beat = BitConverter.ToDouble(frame, 16);
        lock (gate)
        {
            for (int at = HeaderBytes; at + 1 < length && available < Capacity; at += 2)
            {
                ring[(readAt + available) % Capacity] = BitConverter.ToInt16(frame, at) / 32768f;
                available++;
            }
        }
    }
}
