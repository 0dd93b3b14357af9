"""What the reader of KenLM's binaries is compared with: one model in each layout, and its scores by PyPI's kenlm.

    python make.py BUILD_BINARY     the program of that name from KenLM (github.com/kpu/kenlm, or built from PyPI's sdist)

The model is made up: random words and weights, always the same. Its ARPA file is not kept.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import kenlm

HERE = pathlib.Path(__file__).parent
LAYOUTS = {
    "probing": ["-p", "1.7", "probing"],
    "trie": ["trie"],
    "quantized": ["-q", "7", "-b", "6", "trie"],
    "array": ["-a", "22", "trie"],
    "quantized-array": ["-q", "7", "-b", "6", "-a", "5", "trie"],
}
ORDER = 4
random.seed(5)
letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
words = sorted({"".join(random.choice(letters) for _ in range(random.randint(1, 9))) for _ in range(150)})
sentences = [random.choices(words, k=random.randint(2, 9)) + [] for _ in range(90)]
# Few words are frequent, so that some begin many n-grams.
sentences += [random.choices(words[:6] + random.sample(words, 9), k=random.randint(3, 12)) for _ in range(60)]
grams = [set() for _ in range(ORDER + 1)]
for sentence in sentences:
    whole = ["<s>", *sentence, "</s>"]
    for n in range(2, ORDER + 1):
        for at in range(len(whole) - n + 1):
            grams[n].add(tuple(whole[at : at + n]))
grams[1] = {(word,) for word in ["<unk>", "<s>", "</s>", *words]}

lines = ["\\data\\"] + [f"ngram {n}={len(grams[n])}" for n in range(1, ORDER + 1)]
for n in range(1, ORDER + 1):
    lines += ["", f"\\{n}-grams:"]
    for gram in sorted(grams[n]):
        log10 = -99 if gram == ("<s>",) else -random.random() * 4 - 0.01
        last = n == ORDER or gram[-1] in ("</s>", "<unk>")
        lines.append(f"{log10:.5f}\t{' '.join(gram)}" + ("" if last else f"\t{-random.random():.5f}"))
lines += ["", "\\end\\", ""]

asked = [[word if random.random() < 0.8 else random.choice([*words, "нетслова"]) for word in s] for s in sentences[::2]]
with tempfile.TemporaryDirectory() as folder:
    arpa = pathlib.Path(folder, "made.arpa")
    arpa.write_text("\n".join(lines), "utf8")
    scores = {}
    for name, options in LAYOUTS.items():
        binary = HERE / f"{name}.bin"
        subprocess.run([sys.argv[1], *options, arpa, binary], check=True, stderr=subprocess.DEVNULL)
        model = kenlm.Model(str(binary))
        scores[name] = [[round(p, 5) for p, _, _ in model.full_scores(" ".join(s))] for s in asked]
texts = [" ".join(sentence) for sentence in asked]
(HERE / "scores.json").write_text(json.dumps({"texts": texts, "scores": scores}, ensure_ascii=False), "utf8")
