"""Measure TRL's RLOOTrainer; run by language_speed.py in an environment of TRL's own.

    python trl_rloo.py FOLDER PROMPT NEW BATCH MICRO_BATCH UPDATES

The folder holds the language model and its tokenizer. Prints the tokens generated per second of
every update but the first.
"""

import json
import sys
import time
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import RLOOConfig, RLOOTrainer


class Clock(TrainerCallback):  # type: ignore[misc]  # TRL is not installed here
    """Notes when updates end."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.times.append(time.perf_counter())


def main() -> None:
    """Train and print."""
    folder = sys.argv[1]
    prompt, new, batch, micro_batch, updates = map(int, sys.argv[2:])
    torch.set_num_threads(2)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=f"{folder}/tokenizer.json", eos_token="<end>", pad_token="<pad>"
    )
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(3, len(tokenizer), (batch * updates, prompt), generator=generator)
    texts = [" ".join(f"w{word}" for word in row) for row in words.tolist()]
    settings = RLOOConfig(
        output_dir=f"{folder}/trl",
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=batch // micro_batch,
        steps_per_generation=batch // micro_batch,
        max_completion_length=new,
        generation_kwargs={"min_new_tokens": new},
        beta=0.05,
        max_steps=updates,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    clock = Clock()
    trainer = RLOOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        reward_funcs=lambda completions, **_: [float(len(text)) for text in completions],
        args=settings,
        train_dataset=Dataset.from_dict({"prompt": texts}),
        processing_class=tokenizer,
        callbacks=[clock],
    )
    trainer.train()
    seconds = [later - earlier for earlier, later in zip(clock.times, clock.times[1:])]  # noqa: B905
    print(json.dumps([batch * new / one for one in seconds]))


if __name__ == "__main__":
    main()
