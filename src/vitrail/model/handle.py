"""Model: a network from any framework, opened once, run and read many times."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from vitrail.model import packed, passes
from vitrail.model.diagnose import no_gradient
from vitrail.model.fingerprint import Fingerprint
from vitrail.model.gradients import at_input_or_layer, at_last, at_layers
from vitrail.model.layers import Layers
from vitrail.model.layout import laid_out
from vitrail.model.network import Network
from vitrail.model.packed import Packed
from vitrail.model.plan import BATCH, prepare
from vitrail.model.question import Asks, Question
from vitrail.model.survey import Survey
from vitrail.model.surveys import Surveys
from vitrail.model.sweep import SHORT, Sweep, chunk_size, chunks
from vitrail.model.trace import Trace

Edit = Mapping[str, Callable[[Tensor], Tensor]]


class Model:
    """A network, opened. Made by `vitrail.open`.

    model(x)                             the output, (batch, ...)
    model(x, target)                     one number per example, (batch,); (batch, count) for a Sweep
    model.layers                         every module and functional call site
    model.trace(x, keep=, edit=)         one run, with layers kept or changed
    model.gradient(x, target)            shaped like x; the weighted sum over the points of a Sweep
    model.gradient(x, target, layer=)    the layer's output and the gradient there; the way back stops at it

    x is whatever the model was opened for (arrays, tensors, pictures, texts, frames); inside a method it is one
    tensor with a leading batch axis. `output` says which of several outputs is meant.
    """

    def __init__(
        self,
        network: Network,
        *,
        classes: Sequence[str] = (),
        output: str | int | None = None,
        modality: Any = None,
        pack: Callable[["Model", Any], Packed] | None = None,
    ) -> None:
        self.network = network
        self.classes = (classes if isinstance(classes, tuple) else tuple(classes)) or network.classes
        self.output = output
        self.modality = modality
        self.fingerprint = Fingerprint(network)
        self._pack = pack or (lambda model, x: packed.plain(model.network, x))
        self.hidden = network.hidden_head(output)
        self._surveys = Surveys(network, output)
        self._question: Question | None = None
        self._rows: Tensor | None = None
        self._way: passes.Way | None = None

    # -- reading ---------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.network.name

    @property
    def layers(self) -> Layers:
        """Every module and functional call site.

        Before the first run of a network that does not declare its input's shape: module names only.
        """
        shape = self.network.input_shape()
        if self._surveys.latest() is None and shape and None not in shape:
            sizes = [1, *(n for n in shape if n is not None)]
            self(torch.zeros(sizes, dtype=self.network.dtype, device=self.network.device))
        return self._surveys.latest() or self._surveys.unrun()

    def surveyed(self, x: Tensor) -> Layers:
        """The layers with their shapes for inputs like x; for methods, which have x at hand."""
        return self._survey(x).layers

    def _survey(self, x: Tensor) -> Survey:
        return self._surveys.of(x, self.rows, self.question.packed)

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes of x, inside a method."""
        return self.question.packed.axes

    @property
    def question(self) -> Question:
        assert self._question is not None, "only a bound model has a question"
        return self._question

    @property
    def rows(self) -> Tensor:
        assert self._rows is not None
        return self._rows

    def pack(self, x: Any) -> Packed:
        return self._pack(self, x)

    # -- asking ----------------------------------------------------------------------------------------

    @contextmanager
    def asking(self, x: Any, within: Question | None = None, **options: Any) -> Iterator["Model"]:
        """The model bound to x, its network quiet, for one question; its passes count for that it is `within`, too."""
        with torch.inference_mode(False), self.network.quiet():
            question = Question(x if isinstance(x, Packed) else self.pack(x), **options)
            with question.charged(within or self._question):
                yield self._bound(question, torch.arange(len(question.packed.x), device=question.packed.x.device))

    def at(self, rows: Tensor) -> "Model":
        """The same question about these rows of the examples, in this order."""
        return self._bound(self.question, self.rows[rows])

    def under(self, way: passes.Way) -> "Model":
        """The same question, with another way back through the operations than their gradients."""
        return self._bound(self.question, self.rows, way)

    def plainly(self) -> "Model":
        """The same question, with gradients as the way back."""
        bound = self._bound(self.question, self.rows)
        bound._way = None
        return bound

    def _bound(self, question: Question, rows: Tensor, way: passes.Way | None = None) -> "Model":
        bound = object.__new__(Model)
        bound.__dict__ = self.__dict__ | {"_question": question, "_rows": rows, "_way": way or self._way}
        return bound

    def __call__(self, x: Any, target: Asks | None = None) -> Tensor:
        if isinstance(x, Sweep):
            assert target is not None, "a sweep is asked about a target"
            return self._answers(x, target)
        if self._question is None:
            with self.asking(x) as bound:
                return bound(bound.question.packed.x, target)
        trace = self.trace(x.detach(), target.layers if target else ())
        return (trace.output if target is None else target(trace)).detach()

    def trace(self, x: Any, keep: Sequence[str] = (), edit: Edit | None = None) -> Trace:
        """One run. `keep`: layers to remember; `edit`: layer -> function of its output, used instead of it.

        A graph for gradients is built only when x asks for gradients; other runs go in chunks that fit memory.
        Raises NoSuchLayer for an unknown layer, NetworkFailed when the network itself raises.
        """
        if self._question is None:
            with self.asking(x) as bound:
                return bound.trace(bound.question.packed.x, keep, edit)
        if x.requires_grad:
            return self._run(x, tuple(keep), edit or {}, None)[0]
        parts = self._split(x, lambda model, some: model._run(some, tuple(keep), edit or {}, None)[0])
        return parts[0] if len(parts) == 1 else passes.joined(parts, x, self.rows)

    def gradient(self, x: Any, target: Asks, layer: str | None = None) -> Any:
        """The derivative of the target; see the class for the three forms. Raises NoGradient where there is none."""
        if isinstance(x, Sweep):
            return self._swept(x, target)
        if self._question is None:
            with self.asking(x) as bound:
                return bound.gradient(bound.question.packed.x, target, layer)
        if not self.network.differentiable:
            raise no_gradient(self.network)
        if layer is None:
            prepare(self, Sweep(len(x), 1, lambda rows, _: x.detach()[rows]), target, "gradient", BATCH)
        parts = self._split(x.detach(), lambda model, some: at_input_or_layer(model, some, target, layer))
        joined = parts[0] if len(parts) == 1 else tuple(torch.cat(pieces) for pieces in zip(*parts, strict=True))
        return joined[0] if layer is None else joined

    def gradients(self, x: Tensor, target: Asks, layers: Sequence[str]) -> list[tuple[Tensor, Tensor]]:
        """(output, gradient) at each of several layers, by one way back; zeros where the target does not depend on it.

        For methods, inside a question. Raises NoGradient when it depends on none of them.
        """
        if not self.network.differentiable:
            raise no_gradient(self.network)
        parts = self._split(x.detach(), lambda model, some: at_layers(model, some, target, tuple(layers)))
        pairs = [list(zip(*at, strict=True)) for at in zip(*parts, strict=True)]
        return [(torch.cat(values), torch.cat(gradients)) for values, gradients in pairs]

    def last_gradient(self, x: Tensor, target: Asks, layers: Sequence[str]) -> tuple[Tensor, list[Tensor]]:
        """The gradient at the last of several layers, and the outputs of all: cheap where the last is near the end."""
        parts = self._split(x.detach(), lambda model, some: at_last(model, some, target, tuple(layers)))
        gradient, *values = (torch.cat(pieces) for pieces in zip(*parts, strict=True))
        return gradient, values

    def remembered(self, x: Tensor, key: Hashable, make: Callable[[], Any]) -> Any:
        """A fact about the network's inside that holds for all inputs like x, found out once."""
        facts = self._survey(x).facts
        if key not in facts:
            facts[key] = make()
        return facts[key]

    def _split(self, x: Tensor, ask: Callable[["Model", Tensor], Any]) -> list[Any]:
        """`ask` on consecutive parts of x that fit memory."""
        if self._way is not None and self._way.whole:
            return [ask(self, x)]  # memory that runs out is the sweep's business
        answers: list[Any] = []
        found = self._survey(x)
        size = chunk_size(found.largest, found.saved, x.device)
        chunks(len(x), size, x.device, lambda some: answers.append(ask(self.at(some), x[some[0] : some[-1] + 1])))
        return answers

    # -- sweeps ----------------------------------------------------------------------------------------

    def over(self, sweep: Sweep, ask: Callable[["Model", Tensor, Tensor], Tensor]) -> Tensor:
        """(examples, ...) the weighted sum over all points of `ask(model at the rows, rows, steps)`."""
        total: list[Tensor] = []

        def run(rows: Tensor, steps: Tensor) -> None:
            answer = ask(self.at(rows), rows, steps)
            answer = answer if sweep.factor is None else answer * sweep.factor(rows, steps)
            weight = sweep.weight(rows, steps, answer).reshape(-1, *[1] * (answer.ndim - 1))
            if not total:
                total.append(answer.new_zeros(sweep.examples, *answer.shape[1:]))
            total[0].index_add_(0, rows, answer * weight)

        self._chunked(sweep, run)
        return total[0]

    def _swept(self, sweep: Sweep, target: Asks) -> Tensor:
        prepare(self, sweep, target, "gradient")
        return self.over(sweep, lambda model, rows, steps: model.gradient(sweep.point(rows, steps), target))

    def _answers(self, sweep: Sweep, target: Asks) -> Tensor:
        """(examples, count) the target at every point; the first of them if it was stopped and may be."""
        answers, done = self.question.packed.x.new_empty(sweep.examples, sweep.count), 0
        prepare(self, sweep, target, "forward")

        def run(rows: Tensor, steps: Tensor) -> None:
            nonlocal done
            answers[rows, steps] = self.at(rows)(sweep.point(rows, steps), target)
            done += len(rows)

        with self.question.stoppable(sweep.prefix):
            self._chunked(sweep, run)
        return answers[:, : done // sweep.examples]

    def _chunked(self, sweep: Sweep, run: Callable[[Tensor, Tensor], None]) -> None:
        question, total = self.question, sweep.examples * sweep.count
        found = self._survey(question.packed.x)
        with question.working(total) as advance:

            def part(indices: Tensor) -> None:
                run(*sweep.pairs(indices))
                advance(len(indices))

            size = chunk_size(found.largest, found.saved, self.rows.device)
            chunks(total, size, self.rows.device, part, SHORT if sweep.prefix else None)

    # -- one pass --------------------------------------------------------------------------------------

    def _run(self, x: Tensor, keep: tuple[str, ...], edit: Edit, leaf: str | None) -> tuple[Trace, Any]:
        found, question = self._survey(x), self.question
        layers = self.surveyed(x)
        wanted = {name: layers[name] for name in (*keep, *edit, *((leaf,) if leaf else ()))}
        way = self._way
        graph = x.requires_grad or leaf is not None
        plan = None if wanted or way else question.plans.get("gradient" if graph else "forward")
        one = passes.Pass(found, wanted, edit, leaf, plan, way)
        with torch.set_grad_enabled(torch.is_grad_enabled() and graph):
            fed = x.clone() if found.overwrites_input else x
            output = self._output(fed if way is None else laid_out(self, fed), one)
        question.spend(forwards=len(x))
        logits = output if one.logits is None else one.logits.reshape(output.shape)
        if self.hidden:  # another tensor: what comes out is squashed already, though nobody saw what went in
            logits = output.view_as(output)
        if not edit:
            question.remember(x, self.rows, output, logits)
        kept = {name: one.kept[wanted[name].name] for name in keep}
        channels = {name: wanted[name].channel_axis for name in keep}
        return Trace(x, output, logits, self.rows, kept, channels, self.predicted, self.hidden), one.leaf

    def _output(self, x: Tensor, one: passes.Pass) -> Tensor:
        feed = self.question.packed.feed(x, self.rows)
        with one.applied(self.network, feed.injected):
            raw = passes.guarded(self.network, feed)
        return passes.pick(raw, self.output, self.name, len(x))

    def said(self) -> tuple[Tensor, Tensor]:
        """(output, logits) of the network for the examples of the question; runs them unless a method already has."""
        question = self.question
        x = question.packed.x
        if not question.heard_all():
            everyone = self._bound(question, torch.arange(len(x), device=x.device))
            with torch.no_grad():
                everyone.trace(x.detach())
        assert question.output is not None
        assert question.logits is not None
        return question.output, question.logits

    def predicted(self) -> Tensor:
        """(examples,) the class that the network says for each example of the question; 0 where it has one unit."""
        return self.said()[1].flatten(1).argmax(1)
