"""piper-tts as a library in a process that stays: one JSON request a line in, one JSON answer a line out.

    python piper_lines.py VOICE.onnx

Request: {"text"}.
Answer: {"first_ms", "ms", "samples", "rate"}: the first audio chunk, the whole, and how much of it.
"""
import json
import sys
import time

from piper import PiperVoice


def answer(voice, request):
    started = time.perf_counter()
    first = None
    samples = 0
    for chunk in voice.synthesize(request["text"]):
        first = first or (time.perf_counter() - started) * 1000
        samples += len(chunk.audio_int16_bytes) // 2
    return {
        "first_ms": first,
        "ms": (time.perf_counter() - started) * 1000,
        "samples": samples,
        "rate": voice.config.sample_rate,
    }


def main():
    voice = PiperVoice.load(sys.argv[1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps(answer(voice, json.loads(line))), flush=True)
        except Exception as error:  # the caller decides what a failed request means
            print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
