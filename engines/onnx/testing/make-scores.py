"""Scores of small.arpa by PyPI's kenlm, which the reader's test compares with: python make-scores.py > scores.json"""
import json
import pathlib
import kenlm

SENTENCES = ["мама мыла раму", "мама мыла рама", "рама мыла маму", "мила мама", "раму раму мыла раму", "кто", "мама кто мыла раму", ""]
model = kenlm.Model(str(pathlib.Path(__file__).with_name("small.arpa")))
print(json.dumps([{"text": s, "log10": [p for p, _, _ in model.full_scores(s, bos=True, eos=True)]} for s in SENTENCES], ensure_ascii=False, indent=1))
