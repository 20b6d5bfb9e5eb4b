/* A client in plain C: writes a piece of music as raw samples to stdout.
 *
 *   cc -O2 prestissimo.c -o prestissimo $(pkg-config --cflags --libs libwebsockets opus)
 *   ./prestissimo 127.0.0.1 8080 "dub techno" 20 | aplay -f S16_LE -r 48000 -c 2
 *
 * Debian: libwebsockets-dev libopus-dev. Samples are 16 bits, stereo, 48 kHz.
 */
#include <libwebsockets.h>
#include <opus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 24, MOST_BYTES = 1 << 18, MOST_SAMPLES = 5760, CHANNELS = 2 };

static char start[8192];           /* the message that asks for music */
static uint8_t message[MOST_BYTES]; /* one message, put together */
static size_t message_bytes;
static int wants_start, over, failed;

static OpusDecoder *decoder;
static long skip;                  /* samples still to be dropped at the start */
static int64_t held;               /* samples in `pcm` that wait to be written */
static int16_t pcm[MOST_SAMPLES * CHANNELS];
static int64_t written;

/* The number after "name": in a message; enough for what we read of JSON. */
static long long number(const char *json, const char *name, long long otherwise) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(json, key);
  return at ? strtoll(at + strlen(key), NULL, 10) : otherwise;
}

static int is(const char *json, const char *type) {
  char key[64];
  snprintf(key, sizeof key, "\"type\":\"%s\"", type);
  return strstr(json, key) != NULL;
}

static void write_held(int64_t samples) {
  fwrite(pcm, sizeof(int16_t) * CHANNELS, (size_t)samples, stdout);
  written += samples;
  held = 0;
}

static void take_text(const char *json) {
  if (is(json, "hello")) {
    wants_start = 1;
  } else if (is(json, "started")) {
    /* What the decoder puts before the music (RFC 7845, pre-skip). */
    skip = (long)number(json, "pre_skip", 0);
  } else if (is(json, "done")) {
    /* The last packet is longer than the music: the rest is dropped. */
    int64_t left = number(json, "samples", written + held) - written;
    write_held(left < held ? left : held);
    over = 1;
  } else if (is(json, "error")) {
    fprintf(stderr, "%s\n", json);
    over = failed = 1;
  } else if (is(json, "warning")) {
    fprintf(stderr, "%s\n", json);
  }
}

/* Header, little-endian: kind u8, flags u8, handle u16, seq u32, sample u64,
 * beat f64; then one Opus packet. Frames of other kinds are to be ignored. */
static void take_audio(const uint8_t *frame, size_t bytes) {
  if (bytes <= HEADER || frame[0] != 1) return;
  write_held(held);
  int count = opus_decode(decoder, frame + HEADER, (opus_int32)(bytes - HEADER),
                          pcm, MOST_SAMPLES, 0);
  if (count < 0) {
    fprintf(stderr, "cannot decode: %s\n", opus_strerror(count));
    over = failed = 1;
    return;
  }
  int drop = skip < count ? (int)skip : count;
  skip -= drop;
  memmove(pcm, pcm + drop * CHANNELS,
          sizeof(int16_t) * CHANNELS * (size_t)(count - drop));
  held = count - drop;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason,
                    void *user, void *in, size_t len) {
  (void)user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_RECEIVE:
      if (lws_is_first_fragment(wsi)) message_bytes = 0;
      if (message_bytes + len >= MOST_BYTES) return -1;
      memcpy(message + message_bytes, in, len);
      message_bytes += len;
      if (!lws_is_final_fragment(wsi)) break;
      message[message_bytes] = 0;
      if (lws_frame_is_binary(wsi)) take_audio(message, message_bytes);
      else take_text((const char *)message);
      if (wants_start) lws_callback_on_writable(wsi);
      if (over) return -1; /* closes the connection */
      break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: {
      static uint8_t out[LWS_PRE + sizeof start];
      size_t bytes = strlen(start);
      if (!wants_start) break;
      wants_start = 0;
      memcpy(out + LWS_PRE, start, bytes);
      lws_write(wsi, out + LWS_PRE, bytes, LWS_WRITE_TEXT);
      break;
    }
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      fprintf(stderr, "cannot connect: %s\n", in ? (const char *)in : "refused");
      over = failed = 1;
      break;
    case LWS_CALLBACK_CLIENT_CLOSED:
      if (!over) failed = 1;
      over = 1;
      break;
    default:
      break;
  }
  return 0;
}

/* Text as it has to stand between quotes in JSON. */
static void escape(const char *text, char *out, size_t size) {
  size_t at = 0;
  for (; *text && at + 8 < size; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') out[at++] = '\\', out[at++] = (char)c;
    else if (c < ' ') at += (size_t)sprintf(out + at, "\\u%04x", c);
    else out[at++] = (char)c;
  }
  out[at] = 0;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: %s HOST PORT PROMPT SECONDS [SEED]\n", argv[0]);
    return 2;
  }
  char prompt[4096];
  char seed[32] = "";
  escape(argv[3], prompt, sizeof prompt);
  if (argc > 5) snprintf(seed, sizeof seed, ",\"seed\":%lu", strtoul(argv[5], NULL, 10));
  snprintf(start, sizeof start,
           "{\"type\":\"start\",\"stream\":\"c\",\"prompts\":[{\"text\":\"%s\"}],"
           "\"duration\":{\"seconds\":%g},\"pace\":\"realtime\"%s}",
           prompt, atof(argv[4]), seed);

  int fault = 0;
  decoder = opus_decoder_create(48000, CHANNELS, &fault);
  struct lws_protocols protocols[] = {
      {.name = "prestissimo.v1", .callback = on_event, .rx_buffer_size = 1 << 16}, {0}};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols};
  lws_set_log_level(LLL_ERR, NULL);
  struct lws_context *context = lws_create_context(&info);
  if (fault || !context) return 1;
  struct lws_client_connect_info to = {
      .context = context, .address = argv[1], .port = atoi(argv[2]),
      .path = "/v1/stream", .host = argv[1], .protocol = "prestissimo.v1"};
  if (!lws_client_connect_via_info(&to) && !over) over = failed = 1;
  while (!over && lws_service(context, 0) >= 0) continue;
  lws_context_destroy(context);
  opus_decoder_destroy(decoder);
  return failed || fflush(stdout) ? 1 : 0;
}
