"""Search for default settings of adaptation by number of references (K), for learning/defaults.py. Run:

    python recipes/defaults.py ART MINUTES

ART: folders of works, one for each hand; works of recipes/held-out-art.txt are left out. MINUTES: for everything.
Settings are tried on all hands with the same work, which is pixels of crops, so that other processes on the machine
change nothing. Their score is the mean over hands of the validation score after
adapting, over that before, so 1 is no gain. The present defaults come first, with several seeds, which gives the noise.
"""
# ruff: noqa: T201

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from pinxit.learning.adapt import Adapted, AdaptOptions, choose
from pinxit.learning.references import open_small
from pinxit.learning.search_space import parameters_of, quiet_optuna, settings_of, suggested
from pinxit.learning.texture import adapted_texture, read_texture
from pinxit.networks.weights import eye, packaged_contents, painter, painter_version

HERE = Path(__file__).parent
HANDS = ("goble", "rackham")  # watercolour; pen with tinted wash. The painter has seen both
COUNTS = (1, 3, 10)
STEPS = (
    12  # of the default side and batch; about a third of what two minutes are on one core, a tenth on a good machine
)
SEEDS = 2  # of the present defaults


def works_of(art: Path, hand: str, count: int) -> list[np.ndarray]:
    """So many works of a hand, none of them held out."""
    held = set((HERE / "held-out-art.txt").read_text().split())
    free = [path for path in sorted((art / hand).glob("*.jpg")) if f"{hand}/{path.name}" not in held]
    chosen = np.random.default_rng(0).choice(len(free), count, replace=False)
    return [open_small(free[number]) for number in sorted(chosen)]


def adapted(works: list[np.ndarray], options: AdaptOptions) -> Adapted:
    """One adaptation, of as many steps as there is work for."""
    plain = AdaptOptions()
    steps = round(STEPS * plain.side**2 * plain.batch / (options.side**2 * options.batch))
    options = replace(options, minutes=0.0, steps=steps)
    texture = read_texture(works, painter(), eye(), painter_version())
    return adapted_texture(texture, works, packaged_contents(), options)[1]


def ratios(found: list[Adapted]) -> tuple[float, float]:
    """Mean of scores after over before: against validation and against test references."""
    validated = np.mean([one.after / one.before for one in found])
    return float(validated), float(np.mean([one.tested["score"] / one.untrained["score"] for one in found]))


def search(art: Path, count: int, minutes: float) -> None:
    """One study, printed as it goes."""
    start = time.monotonic()
    hands = [works_of(art, hand, count) for hand in HANDS]
    defaults = choose(count, 2.0)
    plain = [ratios([adapted(works, replace(defaults, seed=seed)) for works in hands]) for seed in range(SEEDS)]
    each = (time.monotonic() - start) / SEEDS
    for seed, (validated, tested) in enumerate(plain):
        print(f"K {count:2} default, seed {seed}: validation {validated:.4f}, test {tested:.4f}", flush=True)
    with quiet_optuna() as optuna:
        sampler = optuna.samplers.TPESampler(seed=count, n_startup_trials=4)
        study = optuna.create_study(sampler=sampler, pruner=optuna.pruners.MedianPruner(n_startup_trials=2))
        first = optuna.trial.create_trial(
            params=parameters_of(defaults), value=plain[0][0], distributions=distributions(optuna, defaults)
        )
        study.add_trial(first)
        while time.monotonic() - start + each < 60 * minutes:
            trial, found = study.ask(), []
            options = suggested(trial, defaults)
            for number, works in enumerate(hands):
                found.append(adapted(works, options))
                trial.report(ratios(found)[0], number)
                if trial.should_prune():
                    break
            whole = len(found) == len(hands)
            validated, tested = ratios(found)
            states = optuna.trial.TrialState
            study.tell(trial, validated if whole else None, state=states.COMPLETE if whole else states.PRUNED)
            short = {k: v if isinstance(v, str) else float(f"{v:.3g}") for k, v in settings_of(options).items()}
            print(
                f"K {count:2} trial {trial.number}{'' if whole else ' (pruned)'}: validation {validated:.4f}, "
                f"test {tested:.4f}, steps {[one.steps for one in found]}, {short}",
                flush=True,
            )


def distributions(optuna: object, defaults: AdaptOptions) -> dict[str, object]:
    """Of the parameters that :func:`suggested` asks for."""
    study = optuna.create_study()
    trial = study.ask()
    suggested(trial, defaults)
    return trial.distributions


if __name__ == "__main__":
    print(f"painter {painter_version()}, work of {STEPS} steps each, hands {', '.join(HANDS)}", flush=True)
    for k in COUNTS:
        search(Path(sys.argv[1]), k, float(sys.argv[2]) / len(COUNTS))
