// Plays live music from a Prestissimo server in Unity. Put it on an object with
// an AudioSource. Set the project's sample rate to 48000 Hz (Project Settings,
// Audio). The music comes as 16-bit samples, 192 kB a second: for a server on
// the same machine or network. For Opus, decode the packets with Concentus.

using System.Threading.Tasks;
using UnityEngine;

[RequireComponent(typeof(AudioSource))]
public sealed class PrestissimoPlayer : MonoBehaviour
{
    public string url = "ws://127.0.0.1:8080/v1/stream";
    public string prompt = "calm exploration with harp and strings";

    PrestissimoStream stream;
    float[] stereo = new float[0];

    async void Start()
    {
        if (AudioSettings.outputSampleRate != 48000)
            Debug.LogWarning("Prestissimo: set the sample rate to 48000 Hz, or the music is out of tune");
        stream = new PrestissimoStream();
        stream.Message += json => Debug.Log("Prestissimo: " + json);
        string text = prompt.Replace("\\", "\\\\").Replace("\"", "\\\"");
        GetComponent<AudioSource>().Play();
        try
        {
            await stream.Start(url, "\"prompts\":[{\"text\":\"" + text + "\"}]");
        }
        catch (TaskCanceledException) { } // the object has gone
        catch (System.Exception fault)
        {
            Debug.LogError("Prestissimo: " + fault.Message);
        }
    }

    /// <summary>Such as SetEnergy(0.9f) when a fight begins: heard from the next bar on.</summary>
    public void SetEnergy(float energy)
    {
        string number = energy.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _ = stream.Update("\"energy\":" + number + ",\"at\":\"bar\",\"ramp\":{\"beats\":2}");
    }

    // On the audio thread.
    void OnAudioFilterRead(float[] data, int channels)
    {
        if (stream == null) return;
        int samples = data.Length / channels;
        if (stereo.Length != 2 * samples) stereo = new float[2 * samples];
        stream.Read(stereo);
        for (int i = 0; i < samples; i++)
        {
            data[i * channels] = stereo[2 * i];
            if (channels > 1) data[i * channels + 1] = stereo[2 * i + 1];
        }
    }

    void OnDestroy()
    {
        stream?.Dispose();
    }
}
