"""Fine-tune the embedding model on questions and the windows that answer them.

    python -m evals.training.train_embedder --data ../shared/training --weights MINILM_FOLDER --out runs/embedder

Contrastive over the batch (InfoNCE), once on the pooled vectors and once on late interaction over the token states
(MaxSim, ColBERT, Khattab and Zaharia 2020), so that one model finds and reranks. Batches are made of a few topics, which
makes the other windows hard negatives at no cost (TAS-B, Hofstaetter et al. 2021). Against forgetting: word, place and
type embeddings stay frozen, the output is held near the original's (self-distillation), and the result is interpolated
with the original weights (WiSE-FT, Wortsman et al. 2022), with the share chosen on held-out sources. A killed run goes on
from its last checkpoint.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.cluster import KMeans
from tokenizers import Tokenizer
from torch.nn import functional as F

from evals.training import data
from evals.training.vectors import SHARE, batch_ids, embed, embed_all, embed_cached, encode, load_tokenizer
from retrieval.models import bert

SCALE = 20.0  # inverse temperature, as all-MiniLM-L6-v2 was trained with
LATE_SCALE = 40.0  # the same for MaxSim, whose scores lie closer together
GROUP = 16  # neighbours of one topic in a batch


def late_interaction(queries: torch.Tensor, mask: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """(questions, windows): the mean over a question's tokens of the best cosine to a token of the window."""
    best = torch.einsum("iqd,jpd->ijqp", queries, windows).amax(3)
    return (best * mask[:, None, :]).sum(2) / mask.sum(1)[:, None]


def groups(questions: list[data.Question], topic: np.ndarray, rng: random.Random) -> list[list[int]]:
    """Questions in groups of GROUP that share a topic and have different passages; every question once, short groups left out."""
    by_topic: dict[int, list[int]] = {}
    for n, question in enumerate(questions):
        by_topic.setdefault(int(topic[question.passage]), []).append(n)
    out: list[list[int]] = []
    for members in by_topic.values():
        rng.shuffle(members)
        while members:
            taken: dict[int, int] = {}
            for n in members:
                if len(taken) < GROUP:
                    taken.setdefault(questions[n].passage, n)
            used = set(taken.values())
            members = [n for n in members if n not in used]
            if len(used) > GROUP // 2:
                out.append(list(used))
    rng.shuffle(out)
    return out


def batches(
    questions: list[data.Question], topic: np.ndarray, *, size: int, epochs: int, seed: int
) -> Iterator[list[int]]:
    for epoch in range(epochs):
        made = groups(questions, topic, random.Random(seed + epoch))
        step = size // GROUP
        for start in range(0, len(made) - step + 1, step):
            yield [n for group in made[start : start + step] for n in group]


def validate(
    model: bert.Bert, tokenizer: Tokenizer, passages: list[data.Passage], questions: list[data.Question]
) -> dict[str, float]:
    """Recall@5 and MRR@10 over the held-out passages, best window per passage, dense alone and fused with BM25."""
    kept = [n for n, passage in enumerate(passages) if passage.source in data.HELD_OUT]
    place = {n: row for row, n in enumerate(kept)}
    texts = [(row, passages[n].placed(window)) for n, row in place.items() for window in passages[n].windows]
    owner = np.array([row for row, _ in texts])
    vectors = embed_all(model, tokenizer, [text for _, text in texts])
    asked = [question for question in questions if question.answered and question.passage in place]
    queries = embed_all(model, tokenizer, [question.text for question in asked])
    lexical = data.BM25([passages[n].placed(passages[n].text) for n in kept])
    ranks: dict[str, list[int]] = {"dense": [], "fused": []}
    for question, query in zip(asked, queries, strict=True):
        dense, _ = data.best_windows(vectors @ query, owner, len(kept))
        for name, scores in (("dense", dense), ("fused", data.fuse(dense, lexical.scores(question.text)))):
            ranks[name].append(int((scores > scores[place[question.passage]]).sum()) + 1)
    out: dict[str, float] = {}
    for name, found in ranks.items():
        rank = np.array(found)
        out |= {
            f"{name} r@1": float((rank <= 1).mean()),
            f"{name} r@5": float((rank <= 5).mean()),
            f"{name} mrr": float(np.where(rank <= 10, 1 / rank, 0).mean()),
        }
    return out


def interpolate(
    original: dict[str, torch.Tensor], tuned: dict[str, torch.Tensor], alpha: float
) -> dict[str, torch.Tensor]:
    """(1 - alpha) original + alpha tuned, weight by weight."""
    return {name: torch.lerp(weight, tuned[name], alpha) for name, weight in original.items()}


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    args.out.mkdir(parents=True, exist_ok=True)
    passages, everything = data.load(args.data)
    tokenizer = load_tokenizer(args.weights)
    original = bert.load(args.weights)
    questions = [q for q in everything if q.answered and not data.is_held_out(passages, q)]

    flat = [(n, passage.placed(window)) for n, passage in enumerate(passages) for window in passage.windows]
    windows = embed_cached(args.weights, [text for _, text in flat], args.out, share=SHARE, pause=args.pause)
    queries = embed_cached(args.weights, [q.text for q in questions], args.out, pause=args.pause)
    owner = np.array([n for n, _ in flat])
    centres = np.stack([windows[owner == n].mean(0) for n in range(len(passages))])
    topic = KMeans(n_clusters=len(passages) // 40, random_state=args.seed, n_init=1).fit_predict(centres)
    starts = np.searchsorted(owner, np.arange(len(passages)))
    similarity = [windows[owner == q.passage] @ vector for q, vector in zip(questions, queries, strict=True)]

    model = bert.load(args.weights).train()
    trained = [weight for name, weight in model.named_parameters() if name.startswith("layers.")]
    for name, weight in model.named_parameters():
        weight.requires_grad_(name.startswith("layers."))
    optimizer = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0.01)
    plan = list(batches(questions, topic, size=args.batch, epochs=args.epochs, seed=args.seed))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min((n + 1) / 15, max(0.0, (len(plan) - n) / len(plan)))
    )
    checkpoint, first = args.out / "checkpoint.pt", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        first = saved["step"]
    log, started = [], time.time()
    for step, members in enumerate(plan[first : args.stop], first):
        data.wait_while_paused(args.pause)
        rng = random.Random(args.seed * 100003 + step)
        texts = []
        for n in members:
            passage = passages[questions[n].passage]
            whole = rng.random() < 0.1  # now and then the whole chunk in place of its best window
            texts.append(
                passage.placed(" ".join(passage.text.split()[: data.CHUNK_WORDS]))
                if whole
                else flat[starts[questions[n].passage] + int(similarity[n].argmax())][1]
            )
        query_ids, query_mask = batch_ids(tokenizer, [questions[n].text for n in members], 64)
        q, query_tokens = encode(model, query_ids, query_mask)
        p, window_tokens = encode(model, *batch_ids(tokenizer, texts, args.length))
        with torch.no_grad():
            q0 = torch.from_numpy(queries[members])
            p0 = embed(original, *batch_ids(tokenizer, texts, args.length)) if args.hold and step % 4 == 0 else None
        # A neighbour from the same file may hold the answer too: it does not count against the question.
        files = [passages[questions[n].passage].file + passages[questions[n].passage].source for n in members]
        same = torch.tensor([[a == b and i != j for j, b in enumerate(files)] for i, a in enumerate(files)])
        target = torch.arange(len(members))
        logits = SCALE * q @ p.T
        spare = same & (logits > 0.9 * logits.diag()[:, None])
        contrast = F.cross_entropy(logits.masked_fill(spare, -1e4), target)
        late = F.cross_entropy(
            (LATE_SCALE * late_interaction(query_tokens, query_mask, window_tokens)).masked_fill(spare, -1e4), target
        )
        drift = (1 - (q * q0).sum(1)).mean()
        if p0 is not None:
            drift = drift + 2 * (1 - (p * p0).sum(1)).mean()
        loss = contrast + args.late * late + args.hold * drift
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        log.append((float(contrast.detach()), float(late.detach()), float(drift.detach())))
        if (step + 1) % 15 == 0 or step + 1 == min(len(plan), args.stop or len(plan)):
            means = " ".join(
                f"{name} {value:.3f}"
                for name, value in zip(("pooled", "late", "drift"), np.mean(log[-15:], axis=0), strict=True)
            )
            print(f"step {step + 1}/{len(plan)} {means} {time.time() - started:.0f} s", flush=True)
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                },
                checkpoint,
            )
    first_weights, last = original.state_dict(), model.state_dict()
    for alpha in args.alphas:
        mixed = bert.Bert(layers=len(original.layers))
        mixed.load_state_dict(interpolate(first_weights, last, alpha))
        folder = args.out / f"alpha-{alpha}"
        folder.mkdir(exist_ok=True)
        save_file(
            {name: weight.contiguous() for name, weight in mixed.state_dict().items()}, folder / "model.safetensors"
        )
        print(
            f"alpha {alpha}",
            {name: round(value, 4) for name, value in validate(mixed.eval(), tokenizer, passages, everything).items()},
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="fine-tune the embedding model")
    parser.add_argument("--data", type=Path, required=True, help="folder with passages.jsonl and questions.tsv")
    parser.add_argument("--weights", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pause", type=Path, help="sleep while this file exists")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--stop", type=int, help="end after this many steps, before the schedule does")
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--length", type=int, default=112, help="word pieces of a window")
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--hold", type=float, default=1.0, help="weight of the self-distillation")
    parser.add_argument("--late", type=float, default=0.5, help="weight of the late-interaction loss")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--alphas", type=float, nargs="+", default=[0.0, 0.3, 0.5, 0.7, 1.0])
    train(parser.parse_args())


if __name__ == "__main__":
    main()
