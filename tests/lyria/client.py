"""Plays through Google's Python SDK; prints what it heard as one line of JSON."""

import asyncio
import base64
import json
import sys
import warnings

from google import genai
from google.genai import types

warnings.simplefilter("ignore")
CHUNKS = 4


async def main(url: str, key: str) -> None:
    client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
    chunks: list[types.AudioChunk] = []
    filtered: list[str] = []
    async with client.aio.live.music.connect(model="models/lyria-realtime-exp") as session:
        await session.set_weighted_prompts(
            prompts=[
                types.WeightedPrompt(text="a sine", weight=1.0),
                types.WeightedPrompt(text="nothing", weight=0.0),
            ]
        )
        await session.set_music_generation_config(
            config=types.LiveMusicGenerationConfig(bpm=90, temperature=1.0, scale=types.Scale.A_MAJOR_G_FLAT_MINOR)
        )
        await session.play()
        async for message in session.receive():
            if message.filtered_prompt:
                filtered.append(message.filtered_prompt.text)
            if message.server_content:
                chunks += message.server_content.audio_chunks
            if len(chunks) >= CHUNKS:
                break
        await session.pause()
        await session.reset_context()
        await session.stop()
    audio = b"".join(chunk.data for chunk in chunks)
    print(
        json.dumps(
            {
                "version": genai.__version__,
                "filtered": filtered,
                "mime_type": chunks[0].mime_type,
                "bpm": chunks[-1].source_metadata.music_generation_config.bpm,
                "audio": base64.b64encode(audio).decode(),
            }
        )
    )


asyncio.run(main(*sys.argv[1:]))
