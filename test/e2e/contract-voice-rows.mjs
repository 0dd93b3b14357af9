/** Every route, status and body of Vox's second generation, `/v1/*`: voices made from recordings (vox.md 2.6). */
import { a, fault, fieldsV2, form, missing } from './contract-rows.mjs';
import { sample, voice, wav } from './contract-shapes.mjs';

/** Makes voices, and refuses what is no use as one. `made` gets the id of the one that stays. */
export function voiceRows(made) {
  const create = (values, more) => ({
    do: 'POST /v1/audio/voices',
    form: form({ audio_sample: sample(2), name: 'Ada', ...values }),
    ...more,
  });
  const unfit = (seconds, pattern, amplitude) =>
    create(
      { audio_sample: sample(seconds, amplitude) },
      { status: 422, is: fault('unprocessable', pattern, { param: 'audio_sample' }) },
    );
  const more = { language: 'en-us', gender: 'female', is_cloned: true };
  const ada = voice((id) => id === made.id, 'Ada', more);
  return [
    create(
      { language: 'en-us', gender: 'female', reference_text: 'One two.' },
      {
        status: 200,
        is: (body) =>
          /^[0-9a-f]{8}$/.test(body.id) &&
          Object.assign(made, { id: body.id }) &&
          a.moment(body.created_at) &&
          Object.keys(body).join() === 'id,name,language,gender,is_cloned,created_at' &&
          [body.name, body.language, body.gender, body.is_cloned].join() === 'Ada,en-us,female,true',
      },
    ),
    create(
      { name: '  ' },
      { status: 400, is: fault('invalid_request', /^name is empty/, { param: 'name' }) },
    ),
    create(
      { audio_sample: Buffer.alloc(0) },
      { status: 400, is: fault('empty_audio', /^No audio data/, { param: 'audio_sample' }) },
    ),
    create(
      { audio_sample: Buffer.from('no audio') },
      { status: 400, is: fault('invalid_request', /^audio_sample: .*not audio/, { param: 'audio_sample' }) },
    ),
    create(
      { language: 'x'.repeat(300) },
      { status: 400, is: fault('invalid_request', /^language .*at most 200/, { param: 'language' }) },
    ),
    {
      do: 'POST /v1/audio/voices',
      form: form({ name: 'x' }),
      status: 422,
      is: fieldsV2('audio_sample', missing('audio_sample', null)),
    },
    {
      do: 'POST /v1/audio/voices',
      form: form({ audio_sample: sample(2) }),
      status: 422,
      is: fieldsV2('name', missing('name', null)),
    },
    unfit(0.9, /record at least 1 s/),
    unfit(30.1, /longer than 30 s/),
    unfit(2, /silent/, 0.0005),
    unfit(2, /clipped/, 1),
    {
      do: 'GET /v1/audio/voices?cloned=true',
      status: 200,
      is: {
        voices: [ada],
      },
    },
    {
      do: 'GET /v1/audio/voices?model=clone-tts:one',
      status: 200,
      is: {
        voices: [voice('tone', 'Tone'), ada],
      },
    },
    ...['..%2fvoices', '%2fetc', 'a%00b', 'stray', 'none', 'UPPER'].flatMap((id) => [
      {
        do: `DELETE /v1/audio/voices/${id}`,
        status: 404,
        is: (body) => typeof body.detail === 'string',
      },
      {
        do: `GET /v1/audio/voices/${id}/reference`,
        status: 404,
        is: (body) => typeof body.detail === 'string',
      },
    ]),
  ];
}

/** What can be done with the voice that was made. */
export function madeVoiceRows({ id: made }) {
  const at = `/v1/audio/voices/${made}`;
  const speak = (model) => ({
    do: 'POST /v1/audio/speech',
    json: { model, input: 'Hi', voice: made, response_format: 'pcm', stream: false },
  });
  return [
    {
      do: `GET ${at}/reference`,
      status: 200,
      type: 'audio/wav',
      has: { 'content-disposition': `attachment; filename=${made}.wav` },
      is: (bytes) => wav(bytes) && bytes.readUInt16LE(20) === 3,
    },
    {
      // Both texts at 0.01 s a character, at the 24 kHz of the route.
      ...speak('clone-tts:one'),
      status: 200,
      type: 'audio/L16; rate=24000; channels=1',
      is: (bytes) => bytes.length === 2 * 24_000 * 0.01 * 'HiOne two.'.length,
    },
    {
      ...speak('replay-tts:one'),
      status: 400,
      is: fault('invalid_request', /can't clone voices; these pulled models can: clone-tts:one$/, {
        param: 'voice',
      }),
    },
    {
      do: `DELETE ${at}`,
      status: 200,
      is: { id: made, object: 'audio.voice.deleted', deleted: true },
    },
    {
      do: `DELETE ${at}`,
      status: 404,
      is: fault('not_found', /^Voice '.*' not found$/, { param: 'voice_id' }),
    },
    { do: `GET ${at}/reference`, status: 404, is: fault('not_found', /not found$/, { param: 'voice_id' }) },
  ];
}

/** OpenAI's way: a consent first, then the voice that it is for. `made` gets the ids of both. */
export function consentedVoiceRows(made) {
  const consents = '/v1/audio/voice_consents';
  const consent = {
    id: (id) => /^cons_[0-9a-f]{16}$/.test(id) && Object.assign(made, { consent: id }),
    object: 'audio.voice_consent',
    created_at: a.moment,
    language: 'en-US',
    name: 'Ada agrees',
  };
  const agree = (values, more) => ({
    do: `POST ${consents}`,
    form: form({ recording: sample(2), name: 'Ada agrees', language: 'en-US', ...values }),
    ...more,
  });
  const create = (values) => form({ audio_sample: sample(2), name: 'Ada', ...values });
  return [
    agree({}, { status: 200, is: consent }),
    agree(
      { recording: Buffer.from('I agree, in writing.') },
      { status: 415, is: fault('unsupported_media', /^recording: .*not audio/, { param: 'recording' }) },
    ),
    agree(
      { language: '' },
      { status: 400, is: fault('invalid_request', /^language/, { param: 'language' }) },
    ),
    {
      do: `GET ${consents}`,
      status: 200,
      is: (list) =>
        list.object === 'list' &&
        list.has_more === false &&
        [list.first_id, list.last_id, ...list.data.map(({ id }) => id)].every((id) => id === made.consent),
    },
    {
      do: 'POST /v1/audio/voices',
      form: create({ consent: 'cons_0000000000000000' }),
      status: 400,
      is: fault('invalid_request', /^consent: there is no such consent/, { param: 'consent' }),
    },
    {
      do: 'POST /v1/audio/voices',
      form: () => create({ consent: made.consent })(),
      status: 200,
      is: {
        id: (id) => /^[0-9a-f]{8}$/.test(id) && Object.assign(made, { voice: id }),
        object: 'audio.voice',
        type: 'audio_sample',
        name: 'Ada',
        created_at: a.moment,
      },
    },
    {
      do: 'GET /v1/audio/voices?model=clone-tts:one&legacy=true',
      status: 200,
      is: (body) => body.voices.join() === `tone,${made.voice}`,
    },
    {
      do: 'POST /v1/audio/speech',
      get json() {
        return { model: 'clone-tts:one', input: 'Hi', voice: { id: made.voice } };
      },
      status: 200,
      type: 'audio/wav',
    },
  ];
}

/** A recording that is not a WAV, and one that was cut to nothing. */
export function encodedVoiceRows(flac) {
  const create = (sample) => form({ audio_sample: sample, name: 'Encoded' });
  return [
    {
      do: 'POST /v1/audio/voices',
      form: create(flac),
      status: 200,
      is: {
        id: a.text(/^[0-9a-f]{8}$/),
        name: 'Encoded',
        language: null,
        gender: null,
        is_cloned: true,
        created_at: a.moment,
      },
    },
    {
      do: 'POST /v1/audio/voices',
      form: create(flac.subarray(0, 60)),
      status: 400,
      is: (body) => body.error.param === 'audio_sample' && /^audio_sample: /.test(body.detail),
    },
  ];
}
