"""The generated gRPC stubs of vox-runtime, unchanged, against a server. Prints what each call gave, as JSON.

    python vox_grpc_client.py HOST:PORT SPEECH.wav [PACKETS]

SPEECH.wav is 16-bit mono; PACKETS the same as Opus, each packet behind its length in two bytes. VOX_TEST_STT and VOX_TEST_TTS name the models.
"""

import json
import os
import struct
import sys
import threading
import wave

import grpc
import vox.grpc.vox_pb2 as pb
import vox.grpc.vox_pb2_grpc as stubs
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

target, path, *more = sys.argv[1:]
STT, TTS = os.environ["VOX_TEST_STT"], os.environ["VOX_TEST_TTS"]
SENTENCE = "Please remember to water the plants."
V2 = hasattr(pb, "CreateVoiceRequest")
channel = grpc.insecure_channel(target, options=[("grpc.max_send_message_length", -1)])
speech = open(path, "rb").read()
with wave.open(path) as wav:
    rate, pcm = wav.getframerate(), wav.readframes(wav.getnframes())


def told(message):
    return MessageToDict(message, preserving_proto_field_name=True)


def failure(call):
    """Status, message and code of what a call fails with."""
    try:
        result = call()
        return ["OK", told(result) if hasattr(result, "DESCRIPTOR") else len(list(result))]
    except grpc.RpcError as error:
        trailing = dict(error.trailing_metadata() or ())
        return [error.code().name, error.details(), trailing.get("x-vox-code")]


health = stubs.HealthServiceStub(channel)
models = stubs.ModelServiceStub(channel)
transcription = stubs.TranscriptionServiceStub(channel)
synthesis = stubs.SynthesisServiceStub(channel)
streaming = stubs.StreamingServiceStub(channel)
out = {"v2": V2}

out["health"] = told(health.Health(pb.HealthRequest()))
out["list"] = told(models.List(pb.ListModelsRequest()))
out["show"] = told(models.Show(pb.ShowRequest(name=STT)))
out["show_unknown"] = failure(lambda: models.Show(pb.ShowRequest(name="no-such-model:v1")))
out["pull_known"] = [told(one) for one in models.Pull(pb.PullRequest(name=STT))]
out["pull_unknown"] = [told(one) for one in models.Pull(pb.PullRequest(name="no-such-model:v1"))]
out["delete_unknown"] = failure(lambda: models.Delete(pb.DeleteRequest(name="no-such-model:v1")))

heard = transcription.Transcribe(
    pb.TranscribeRequest(audio=speech, model=STT, word_timestamps=True, response_format="verbose_json", format_hint="wav")
)
out["transcribe"] = told(heard)
out["transcribe_default"] = told(transcription.Transcribe(pb.TranscribeRequest(audio=speech, language="en")))
out["transcribe_empty"] = failure(lambda: transcription.Transcribe(pb.TranscribeRequest(model=STT)))
out["transcribe_unknown"] = failure(
    lambda: transcription.Transcribe(pb.TranscribeRequest(audio=speech, model="no-such-model:v1"))
)
out["transcribe_noise"] = failure(
    lambda: transcription.Transcribe(pb.TranscribeRequest(audio=b"this is no audio" * 100, model=STT))
)
out["transcribe_large"] = failure(
    lambda: transcription.Transcribe(pb.TranscribeRequest(audio=b"\0" * (65 * 2**20), model=STT))
)

chunks = list(synthesis.Synthesize(pb.SynthesizeRequest(model=TTS, input=SENTENCE)))
audio = b"".join(chunk.audio for chunk in chunks)
samples = struct.unpack(f"<{len(audio) // 4}f", audio)
out["synthesize"] = {
    "chunks": len(chunks),
    "rates": sorted({chunk.sample_rate for chunk in chunks}),
    "final": [chunk.is_final for chunk in chunks].index(True),
    "samples": len(samples),
    "peak": max(abs(sample) for sample in samples),
}
out["synthesize_empty"] = failure(lambda: synthesis.Synthesize(pb.SynthesizeRequest(model=TTS)))
out["synthesize_voice"] = failure(
    lambda: synthesis.Synthesize(pb.SynthesizeRequest(model=TTS, input="Hello.", voice="nobody"))
)
out["voices"] = told(synthesis.ListVoices(pb.ListVoicesRequest(model=TTS)))
out["voices_loaded"] = told(synthesis.ListVoices(pb.ListVoicesRequest()))
out["voices_stt"] = failure(lambda: synthesis.ListVoices(pb.ListVoicesRequest(model=STT)))
out["loaded"] = told(health.ListLoaded(pb.ListLoadedRequest()))


def frames(**config):
    yield pb.StreamInput(config=pb.StreamConfig(model=STT, sample_rate=rate, **config))
    for at in range(0, len(pcm), rate // 25):
        yield pb.StreamInput(audio=pb.AudioFrame(pcm16=pcm[at : at + rate // 25], sample_rate=rate))


def ended(messages):
    yield from messages
    yield pb.StreamInput(end_of_stream=pb.EndOfStream())


out["stream"] = [
    told(one) for one in streaming.StreamTranscribe(ended(frames(partials=True, include_word_timestamps=True)))
]


def heard_of(sound):
    messages = [pb.StreamInput(config=pb.StreamConfig(model=STT)), *sound]
    return [told(one) for one in streaming.StreamTranscribe(iter(messages))]


# The two generations share what follows, to spare the processor: the messages are the same in both.
if not V2:
    # Half a close is an end too; the rate stands in the frames alone.
    out["stream_half"] = heard_of([pb.StreamInput(audio=pb.AudioFrame(pcm16=pcm, sample_rate=rate))])
    out["stream_encoded"] = heard_of(
        pb.StreamInput(encoded_audio=pb.EncodedAudioFrame(data=speech[at : at + 50_000], format="wav"))
        for at in range(0, len(speech), 50_000)
    )
if more and V2:
    packed, packets = open(more[0], "rb").read(), []
    while packed:
        (length,) = struct.unpack_from("<H", packed)
        packets.append(packed[2 : 2 + length])
        packed = packed[2 + length :]
    out["stream_opus"] = heard_of(
        pb.StreamInput(opus_frame=pb.OpusFrame(data=one, sample_rate=48000, channels=1)) for one in packets
    )
out["stream_disorder"] = [
    told(one)
    for one in streaming.StreamTranscribe(
        iter(
            [
                pb.StreamInput(audio=pb.AudioFrame(pcm16=b"\0\0")),
                pb.StreamInput(config=pb.StreamConfig(model="no-such-model:v1")),
                pb.StreamInput(config=pb.StreamConfig(model=STT)),
                pb.StreamInput(config=pb.StreamConfig(model=STT)),
                pb.StreamInput(),
                pb.StreamInput(end_of_stream=pb.EndOfStream()),
            ]
        )
    )
]
cancelled = streaming.StreamTranscribe(frames())
next(cancelled)
cancelled.cancel()
out["stream_cancelled"] = failure(lambda: list(cancelled))
out["deadline"] = failure(
    lambda: list(synthesis.Synthesize(pb.SynthesizeRequest(model=TTS, input=SENTENCE * 200), timeout=0.3))
)

if V2:
    out["annotate"] = failure(lambda: transcription.Annotate(pb.AnnotateRequest(text="Paris", language="en")))
    made = synthesis.CreateVoice(
        pb.CreateVoiceRequest(name="Ada", audio=speech, language="en", reference_text=SENTENCE, format_hint="wav")
    )
    out["voice_made"] = told(made)
    out["voice_deleted"] = told(synthesis.DeleteVoice(pb.DeleteVoiceRequest(id=made.voice.id)))
    out["voice_gone"] = failure(lambda: synthesis.DeleteVoice(pb.DeleteVoiceRequest(id=made.voice.id)))
    out["voice_outside"] = failure(lambda: synthesis.DeleteVoice(pb.DeleteVoiceRequest(id="..")))
    out["voice_empty"] = failure(lambda: synthesis.CreateVoice(pb.CreateVoiceRequest(name="Ada")))
    out["rtc"] = failure(
        lambda: list(
            stubs.RtcServiceStub(channel).Control(
                iter([pb.RtcControlClientMessage(attach=pb.RtcControlAttach(session_id="rtc_1"))])
            )
        )
    )

def conversation():
    """A question as it is spoken; once it is understood, an answer."""
    answer = threading.Event()
    policy = pb.ConversationTurnPolicy(vad_min_silence_ms=500)
    yield pb.ConverseClientMessage(
        session_update=pb.ConversationSessionUpdate(
            stt_model=STT, tts_model=TTS, language="en", sample_rate=rate, policy=policy
        )
    )
    threads.append(answer)
    for at in range(0, len(silent), rate // 25):
        yield pb.ConverseClientMessage(
            audio_append=pb.ConversationAudioAppend(pcm16=silent[at : at + rate // 25], sample_rate=rate)
        )
    answer.wait(60)
    yield pb.ConverseClientMessage(response_delta=pb.ConversationResponseDelta(delta="I will. "))
    yield pb.ConverseClientMessage(response_delta=pb.ConversationResponseDelta(delta="Good night."))
    yield pb.ConverseClientMessage(response_commit=pb.ConversationResponseCommit())


if V2:
    silent, threads, out["converse"] = pcm + bytes(2 * rate), [], []
    for message in stubs.ConversationServiceStub(channel).Converse(conversation()):
        kind = message.WhichOneof("msg")
        out["converse"].append([kind, told(getattr(message, kind))])
        if kind == "transcript_done":
            threads[0].set()

probe = health_pb2_grpc.HealthStub(channel)
out["check"] = told(probe.Check(health_pb2.HealthCheckRequest()))
out["check_service"] = told(probe.Check(health_pb2.HealthCheckRequest(service="vox.StreamingService")))
out["check_unknown"] = failure(lambda: probe.Check(health_pb2.HealthCheckRequest(service="vox.Nothing")))

database = ProtoReflectionDescriptorDatabase(channel)
out["services"] = sorted(database.get_services())
pool = DescriptorPool(database)
ours = descriptor_pb2.FileDescriptorProto()
pool.FindFileContainingSymbol("vox.ModelService").CopyToProto(ours)
theirs = descriptor_pb2.FileDescriptorProto()
pb.DESCRIPTOR.CopyToProto(theirs)


def differences():
    """What is not the same, field by field; what only the later generation has is no difference."""
    kinds = [(ours.message_type, theirs.message_type, "field"), (ours.service, theirs.service, "method")]
    for mine, wanted, parts in kinds:
        known = {one.name: one for one in mine}
        for one in wanted:
            if one.name not in known:
                yield f"{one.name} is missing"
                continue
            have = {part.name: part for part in getattr(known[one.name], parts)}
            for part in getattr(one, parts):
                if have.get(part.name) != part:
                    yield f"{one.name}.{part.name}: {have.get(part.name)} is not {part}"
            if V2 and known[one.name] != one:
                yield f"{one.name}: {known[one.name]} is not {one}"
    if V2 and len(ours.message_type) != len(theirs.message_type):
        yield "more messages than there are"


out["differences"] = list(differences())
out["messages"] = len(theirs.message_type)
json.dump(out, sys.stdout)
