"""Fine-tune the embedding model on questions and the windows that answer them.

    python -m evals.training.train_embedder --data ../shared/training --weights MINILM_FOLDER --out runs/embedder

Contrastive over the batch (InfoNCE), once on the pooled vectors and once on late interaction over the token states
(MaxSim, ColBERT, Khattab and Zaharia 2020), so that one model finds and reranks. Each question brings the window that
holds its answer and one that does not, though retrieval puts it high (ANCE, Xiong et al. 2021, mined once) or it stands
near by. Against forgetting: word, place and type embeddings stay frozen, the output is held near the original's
(self-distillation). A killed run goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from evals.training import bert, data
from evals.training.bert import (
    HalfCopy,
    batch_ids,
    embed_queries,
    embed_windows,
    encode,
    encode_windows,
    load_tokenizer,
)
from evals.training.examples import Example, example_batches, examples, load_or_find
from retrieval.encoders.embedder import split_place

SCALE = 20.0  # inverse temperature, as all-MiniLM-L6-v2 was trained with
PLACELESS = 0.15  # share of windows shown without their place: many documents have no headings
LATE_SCALE = 40.0  # the same for MaxSim, whose scores lie closer together


def late_interaction(queries: torch.Tensor, mask: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """(questions, windows): the mean over a question's tokens of the best cosine to a token of the window."""
    best = torch.einsum("iqd,jpd->ijqp", queries, windows).amax(3)
    return (best * mask[:, None, :]).sum(2) / mask.sum(1)[:, None]


def losses(
    q: torch.Tensor,
    query_tokens: torch.Tensor,
    query_mask: torch.Tensor,
    p: torch.Tensor,
    window_tokens: torch.Tensor,
    same: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """InfoNCE on pooled vectors and on MaxSim. Window i answers question i; a window of the `same` file that scores nearly
    as high may do so too and does not count.
    """
    logits = SCALE * (q @ p.T).float()
    target = torch.arange(len(q))
    spare = same & (logits > 0.9 * logits.diagonal()[:, None])
    late = LATE_SCALE * late_interaction(query_tokens, query_mask, window_tokens).float()
    return (
        F.cross_entropy(logits.masked_fill(spare, -1e4), target),
        F.cross_entropy(late.masked_fill(spare, -1e4), target),
    )


def shown(text: str, rng: random.Random) -> str:
    """A window's text, now and then without its place."""
    words = split_place(text)[1]
    return f"\n{words}" if words and rng.random() < PLACELESS else text


def same_file(
    batch: list[Example], passages: list[data.TrainingPassage], questions: list[data.TrainingQuestion]
) -> torch.Tensor:
    """(questions, positives + negatives): whether another question's passage is of the same file; negatives never."""
    files = [passages[questions[example.question].passage] for example in batch]
    rows = [
        [one.file == other.file and one.source == other.source and i != j for j, other in enumerate(files)]
        for i, one in enumerate(files)
    ]
    return torch.cat([torch.tensor(rows), torch.zeros(len(batch), len(batch), dtype=torch.bool)], dim=1)


def validate(
    model: bert.Bert, tokenizer: Tokenizer, passages: list[data.TrainingPassage], questions: list[data.TrainingQuestion]
) -> dict[str, float]:
    """Recall@5 and MRR@10 over the held-out passages, best window per passage, dense alone and fused with BM25."""
    kept = [n for n, passage in enumerate(passages) if passage.source in data.HELD_OUT]
    place = {n: row for row, n in enumerate(kept)}
    texts = [(row, passages[n].placed(window)) for n, row in place.items() for window in passages[n].windows]
    owner = np.array([row for row, _ in texts])
    vectors = embed_windows(model, tokenizer, [text for _, text in texts])
    asked = [question for question in questions if question.answered and question.passage in place]
    queries = embed_queries(model, tokenizer, [question.text for question in asked])
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


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    passages, questions, found = load_or_find(args.data, args.out.parent, args.embedder)
    tokenizer = load_tokenizer(args.weights)
    half_original = HalfCopy(bert.load(args.weights))
    master = bert.load(args.weights).train()
    for name, weight in master.named_parameters():
        weight.requires_grad_(name.startswith("layers."))
    trained = [weight for weight in master.parameters() if weight.requires_grad]
    half = HalfCopy(master)
    optimizer = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0.01)
    plan = [
        batch
        for epoch in range(args.epochs)
        for batch in example_batches(
            examples(passages, questions, found, random.Random(args.seed + epoch)),
            questions,
            size=args.batch,
            rng=random.Random(args.seed + epoch),
        )
    ]
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min((n + 1) / 30, max(0.0, (len(plan) - n) / len(plan)))
    )
    checkpoint = args.out / "checkpoint.pt"
    first = bert.resume(checkpoint, model=master, optimizer=optimizer, schedule=schedule)
    log, started = [], time.time()
    for step, batch in enumerate(plan[first:], first):
        half.sync()
        asked = [questions[example.question] for example in batch]
        windows = [example.window for example in batch] + [example.negative for example in batch]
        texts = [
            shown(found.texts[window], random.Random(args.seed * 1_000_003 + step * 997 + at))
            for at, window in enumerate(windows)
        ]
        query_ids, query_mask = batch_ids(tokenizer, [question.text for question in asked], 64)
        q, query_tokens = encode(half.model, query_ids, query_mask)
        p, window_tokens = encode_windows(half.model, tokenizer, texts, length=args.length)
        contrast, late = losses(q, query_tokens, query_mask, p, window_tokens, same_file(batch, passages, questions))
        with torch.no_grad():
            q0, _ = encode(half_original.model, query_ids, query_mask)
            p0, _ = encode_windows(half_original.model, tokenizer, texts[::4], length=args.length)
        drift = (1 - (q * q0).sum(1)).mean() + 2 * (1 - (p[::4] * p0).sum(1)).mean()
        half.backward(contrast + args.late * late + args.hold * drift)
        optimizer.step()
        schedule.step()
        log.append((float(contrast.detach()), float(late.detach()), float(drift.detach())))
        if (step + 1) % 25 == 0 or step + 1 == len(plan):
            means = np.mean(log[-25:], axis=0)
            print(
                f"step {step + 1}/{len(plan)} pooled {means[0]:.3f} late {means[1]:.3f} drift {means[2]:.3f} "
                f"{time.time() - started:.0f} s",
                flush=True,
            )
            bert.keep(checkpoint, step + 1, model=master, optimizer=optimizer, schedule=schedule)
    bert.save(master, args.out / "model.safetensors")
    figures = validate(master.eval(), tokenizer, passages, questions)
    print({name: round(value, 4) for name, value in figures.items()}, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="fine-tune the embedding model")
    parser.add_argument("--data", type=Path, required=True, help="folder with passages.jsonl and questions.tsv")
    parser.add_argument("--weights", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--embedder", default="footnote/study", help="the bundled model that finds the negatives")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--length", type=int, default=112, help="word pieces of a window")
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--hold", type=float, default=1.0, help="weight of the self-distillation")
    parser.add_argument("--late", type=float, default=0.5, help="weight of the late-interaction loss")
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
