"""Train the reader: a small cross-encoder that orders passages and tells whether one of them answers the question.

    python -m evals.training.train_reader --data ../shared/training --weights MINILM_FOLDER --start BEFORE --out runs/reader

One score for both: softmax over a group of texts (`evals.training.groups`) orders (InPars-light, Boytsov et al. 2023), a
binary loss on every pair calibrates. bf16 weights with an fp32 master copy. A killed run goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

from evals.training import bert
from evals.training.bert import HalfCopy, load_tokenizer
from evals.training.groups import Group, group_batches, groups, held_out

LAYERS = 4  # of the encoder's
QUESTION, LENGTH = 40, 160  # word pieces of a question, of a pair


class Reader(nn.Module):
    """(batch, tokens) ids -> (batch, 1) scores: a head on the first token's state and the mean of the question's."""

    def __init__(self, encoder: bert.Bert) -> None:
        super().__init__()
        self.encoder = encoder
        width = self.encoder.norm.normalized_shape[0]
        self.head = nn.Sequential(nn.Linear(2 * width, width), nn.Tanh(), nn.Linear(width, 1))

    @classmethod
    def load(cls, file: Path) -> Reader:
        """With as many layers as the file has."""
        weights = load_file(file)
        reader = cls(bert.Bert(layers=sum(name.endswith(".up.bias") for name in weights)))
        reader.load_state_dict(weights)
        return reader

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        asked = mask * (1 - types)
        length = asked.sum(1).max()
        x = self.encoder(ids, mask, types, first=length)
        asked = asked[:, :length, None].to(x.dtype)
        scores: torch.Tensor = self.head(torch.cat([x[:, 0], (x * asked).sum(1) / asked.sum(1)], dim=1))
        return scores.float()


def encode(
    tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]], length: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and types of `[CLS] question [SEP] text [SEP]`, the text cut so that a pair keeps to `length`."""
    asked = tokenizer.encode_batch([question for question, _ in pairs])
    read = tokenizer.encode_batch([text for _, text in pairs], add_special_tokens=False)
    rows = []
    for one, other in zip(asked, read, strict=True):
        head = one.ids if len(one.ids) <= QUESTION else [*one.ids[: QUESTION - 1], one.ids[-1]]
        rows.append((head, [*other.ids[: length - len(head) - 1], one.ids[-1]]))
    width = max(len(head) + len(tail) for head, tail in rows)
    ids, mask, types = (torch.zeros(len(rows), width, dtype=torch.int64) for _ in range(3))
    for n, (head, tail) in enumerate(rows):
        ids[n, : len(head) + len(tail)] = torch.tensor([*head, *tail])
        mask[n, : len(head) + len(tail)] = 1
        types[n, len(head) : len(head) + len(tail)] = 1
    return ids, mask, types


def taught_loss(found: torch.Tensor, taught: torch.Tensor, batch: Sequence[Group]) -> torch.Tensor:
    """Of the scores (texts,): how far they are from the teacher's, in their order within each group and each for itself
    (Hinton, Vinyals and Dean 2015).
    """
    sizes = [len(group.texts) for group in batch]
    order = [
        -(wanted.softmax(0) * part.log_softmax(0)).sum()
        for part, wanted in zip(found.split(sizes), taught.split(sizes), strict=True)
    ]
    return torch.stack(order).mean() + F.binary_cross_entropy_with_logits(found, taught.sigmoid())


def loss_of(found: torch.Tensor, batch: Sequence[Group]) -> torch.Tensor:
    """Of the scores (texts,): that what answers is first in its group, and each for itself; what answers counts twice."""
    sizes = [len(group.texts) for group in batch]
    target = torch.zeros(sum(sizes))
    starts = np.cumsum([0, *sizes[:-1]])
    target[[int(start) for group, start in zip(batch, starts, strict=True) if group.answered]] = 1.0
    order = [
        F.cross_entropy(part[None], torch.zeros(1, dtype=torch.int64))
        for part, group in zip(found.split(sizes), batch, strict=True)
        if group.answered
    ]
    return torch.stack(order).mean() + F.binary_cross_entropy_with_logits(found, target, weight=1.0 + target)


@torch.inference_mode()
def scores_of(model: Reader, tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """(pairs,), in batches of like length."""
    out = np.zeros(len(pairs), np.float32)
    order = sorted(range(len(pairs)), key=lambda n: len(pairs[n][1]))
    for start in range(0, len(order), 64):
        part = order[start : start + 64]
        out[part] = model(*encode(tokenizer, [pairs[n] for n in part], LENGTH))[:, 0].numpy()
    return out


def validate(model: Reader, tokenizer: Tokenizer, fields: dict[str, list[Group]]) -> dict[str, tuple[float, float]]:
    """Of each field that is held out: how often the text that answers is first in its group, and the AUC of texts that answer and
    others.
    """
    found = {}
    for name, of_field in fields.items():
        scores = scores_of(model, tokenizer, [(group.question, text) for group in of_field for text in group.texts])
        parts = np.split(scores, np.cumsum([len(group.texts) for group in of_field])[:-1])
        right = np.array([part[0] for part, group in zip(parts, of_field, strict=True) if group.answered])
        others = np.concatenate([part[int(group.answered) :] for part, group in zip(parts, of_field, strict=True)])
        first = [
            part[0] > max(part[1:], default=-np.inf)
            for part, group in zip(parts, of_field, strict=True)
            if group.answered
        ]
        found[name] = (float(np.mean(first)), float((right[:, None] > others[None, :]).mean()))
    return found


def beginning(published: Path, start: Path | None, *, layers: int) -> Reader:
    """What training begins with: the model of `start`, or the published encoder with a new head; of either the first `layers`
    layers of the encoder, 0: all that an earlier run has, LAYERS of the published one.
    """
    reader = Reader.load(start) if start else Reader(bert.load(published))
    kept = layers or (None if start else LAYERS)
    reader.encoder.layers = reader.encoder.layers[:kept]
    return reader


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    made, held = groups(args.data, random.Random(args.seed), limit=args.groups), held_out(args.data, limit=100)
    tokenizer = load_tokenizer(args.weights)
    teacher = Reader.load(args.teacher).to(torch.bfloat16).eval() if args.teacher else None
    master = beginning(args.weights, args.start, layers=args.layers)
    for table in (master.encoder.words, master.encoder.places):
        table.requires_grad_(False)  # two thirds of the weights; rare words keep what they mean
    learnt = [weight for weight in master.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=args.lr, weight_decay=0.01)
    plan = group_batches(made, size=args.batch, rng=random.Random(args.seed))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min((n + 1) / 60, max(0.02, (len(plan) - n) / len(plan)))
    )
    checkpoint = args.out / "checkpoint.pt"
    first = bert.resume(checkpoint, model=master, optimizer=optimizer, schedule=schedule)
    half = HalfCopy(master)
    losses, started, seen = [], time.time(), 0
    for step, batch in enumerate(plan[first:], first):
        half.sync()
        pairs = [(group.question, text) for group in batch for text in group.texts]
        inputs = encode(tokenizer, pairs, LENGTH)
        found = half.model(*inputs)[:, 0]
        loss = loss_of(found, batch)
        if teacher:
            with torch.inference_mode():
                taught = teacher(*inputs)[:, 0]
            loss = loss / 2 + taught_loss(found, taught.clone(), batch)
        half.backward(loss)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        seen += len(pairs)
        if (step + 1) % args.every == 0 or step + 1 == len(plan):
            rate = seen / (time.time() - started)
            print(
                f"step {step + 1}/{len(plan)} loss {np.mean(losses[-args.every :]):.3f} {rate:.1f} pairs/s", flush=True
            )
            bert.keep(checkpoint, step + 1, model=master, optimizer=optimizer, schedule=schedule)
        if (step + 1) % args.look == 0 or step + 1 == len(plan):
            half.sync()
            figures = validate(half.model, tokenizer, held)
            print({name: tuple(round(value, 3) for value in pair) for name, pair in figures.items()}, flush=True)
    bert.save(master, args.out / "model.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description="train the cross-encoder")
    parser.add_argument("--data", type=Path, required=True, help="folder with passages.jsonl, questions.tsv and pairs/")
    parser.add_argument("--weights", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="model.safetensors of an earlier run to go on from")
    parser.add_argument("--layers", type=int, default=0, help="how many of its layers are kept, the first ones")
    parser.add_argument("--teacher", type=Path, help="model.safetensors of a larger one, whose scores are learnt too")
    parser.add_argument(
        "--groups", type=int, default=8000, help="of many fields; half as many of the project's own questions"
    )
    parser.add_argument("--batch", type=int, default=12, help="questions in a batch")
    parser.add_argument("--lr", type=float, default=8e-5)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--look", type=int, default=300, help="steps between two looks at the held-out sources")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
