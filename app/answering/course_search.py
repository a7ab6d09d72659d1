"""A question with what was searched and found for it: what is said of it, and why it is refused."""

from dataclasses import dataclass, field, replace

from app.answering.suggestions import Finds
from app.answering.tracing import Clock
from app.citations.wording import OTHER_LANGUAGE, half_lacking
from app.query.courtesy import is_courtesy
from app.query.language import is_foreign
from app.query.standalone import Standalone
from app.query.subquestions import SubQuestions
from app.types import Question, Refusal
from retrieval.text.spelling import respell
from retrieval.text.tokenize import terms
from retrieval.types import Retrieval


@dataclass(frozen=True, slots=True)
class CourseSearch:
    """A question, what was searched for, and what was found."""

    question: Question
    asked: Standalone
    retrieval: Retrieval
    clock: Clock
    finds: Finds
    sub_questions: SubQuestions = field(default_factory=SubQuestions)

    @property
    def searched(self) -> str:
        """The query where it is not the question as typed."""
        return self.retrieval.query if self.retrieval.query != self.question.text.strip() else ""

    @property
    def meant(self) -> Question:
        """The question with its spelling put right."""
        return replace(self.question, text=respell(self.question.text, self.retrieval.respelled))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the learner should know of the question; of a task nothing: nothing was searched for."""
        asks = self.asked.by != "task" and not is_courtesy(self.question.text)
        foreign = asks and is_foreign(self.question.text, self.retrieval.passages)
        return (*map(half_lacking, self.sub_questions.uncovered), *([OTHER_LANGUAGE] if foreign else []))

    def refuses(self, threshold: float) -> Refusal:
        """Why nothing is written, or nothing."""
        if is_courtesy(self.question.text):
            return "no question"
        if not self.retrieval.passages:
            return "nothing found"
        return "low confidence" if self.retrieval.confidence < threshold and not self._names_the_best() else ""

    def _names_the_best(self) -> bool:
        """Whether the question has all words of the heading that the best hit stands under, two at least: the course has what is
        called by its name, however unlike the rest of the question.
        """
        headings = [hit.chunk.section[-1] for hit in self.retrieval.hits[:1] if hit.chunk.section]
        asked = set(terms(self.retrieval.query))
        return any(len(words := set(terms(heading))) > 1 and words <= asked for heading in headings)
