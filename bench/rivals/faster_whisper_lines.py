"""faster-whisper as a library in a process that stays: a JSON request a line in, a JSON answer a line out.

    python faster_whisper_lines.py MODEL_DIR [THREADS]

Request: {"path", "language"?, "words"?, "beam"?}.
Answer: {"ms", "text", "language", "words"?, "segments"}.
"""
import json
import sys
import time

from faster_whisper import WhisperModel


def answer(model, request):
    started = time.perf_counter()
    segments, info = model.transcribe(
        request["path"],
        language=request.get("language"),
        beam_size=request.get("beam", 1),
        word_timestamps=request.get("words", False),
    )
    segments = list(segments)
    result = {
        "ms": (time.perf_counter() - started) * 1000,
        "text": "".join(segment.text for segment in segments).strip(),
        "language": info.language,
        "segments": [{"start": s.start, "end": s.end, "text": s.text.strip()} for s in segments],
    }
    if request.get("words"):
        result["words"] = [
            {"word": word.word.strip(), "start": float(word.start), "end": float(word.end)}
            for segment in segments
            for word in segment.words or []
        ]
    return result


def main():
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=threads)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps(answer(model, json.loads(line))), flush=True)
        except Exception as error:  # the caller decides what a failed request means
            print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
