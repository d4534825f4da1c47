"""The bodies that services take, after the document has judged them.

They repeat the members of the document's request schemas for the type checker;
`tests/server/test_document.py` holds the two against each other.
"""

from typing import Any, Literal, NotRequired, TypedDict

JsonObject = dict[str, Any]
"""A JSON object whose members are the user's own or the document's business."""


class CreateSpaceRequest(TypedDict):
    """A space to create."""

    name: str
    organization_id: NotRequired[str]
    description: NotRequired[str]


class UpdateSpaceRequest(TypedDict, total=False):
    """Changes to a space."""

    name: str
    description: str


class SpaceMembershipInput(TypedDict):
    """A user's part in a space."""

    user_id: str
    role: str


class CreateProjectRequest(TypedDict):
    """A project to create."""

    name: str
    space_id: str


class UpdateProjectRequest(TypedDict, total=False):
    """Changes to a project."""

    name: str


class CreateDatasetRequest(TypedDict):
    """A dataset to create with its first examples."""

    name: str
    space_id: str
    examples: list[JsonObject]


class UpdateDatasetRequest(TypedDict, total=False):
    """Changes to a dataset."""

    name: str


class InsertDatasetExamplesRequest(TypedDict):
    """Examples to append."""

    examples: list[JsonObject]


class UpdateDatasetExamplesRequest(TypedDict):
    """Examples to change."""

    examples: list[JsonObject]
    new_version: NotRequired[str]


class DeleteDatasetExamplesRequest(TypedDict):
    """Examples to remove from a version."""

    dataset_version_id: str
    example_ids: list[str]


class SearchDatasetExamplesRequest(TypedDict, total=False):
    """Which examples to list."""

    filter: str
    limit: float
    cursor: str
    dataset_version_id: str


class AnnotationInput(TypedDict):
    """An annotation to set; what is left out stays as it is."""

    name: str
    score: NotRequired[float]
    label: NotRequired[str]
    text: NotRequired[str]


class AnnotateRecordInput(TypedDict):
    """The annotations of one record."""

    record_id: str
    values: list[AnnotationInput]


class AnnotateDatasetExamplesRequest(TypedDict):
    """Annotations of examples."""

    annotations: list[AnnotateRecordInput]


class AnnotateExperimentRunsRequest(TypedDict):
    """Annotations of experiment runs."""

    annotations: list[AnnotateRecordInput]


class CreateExperimentRequest(TypedDict):
    """An experiment to create from outputs that exist already."""

    name: str
    dataset_id: str
    experiment_runs: list[JsonObject]


class AppendExperimentRunsRequest(TypedDict):
    """Runs to append to an experiment."""

    experiment_runs: list[JsonObject]


class SearchExperimentRunsRequest(TypedDict, total=False):
    """Which runs of an experiment to list."""

    filter: str
    limit: float
    cursor: str


class EvaluatorVersionCreate(TypedDict):
    """A version to add; exactly one of the two configurations is there."""

    commit_message: str
    template_config: NotRequired[JsonObject]
    code_config: NotRequired[JsonObject]


class CreateEvaluatorRequest(TypedDict):
    """An evaluator to create with its first version."""

    space_id: str
    name: str
    description: NotRequired[str]
    type: str
    version: EvaluatorVersionCreate


class UpdateEvaluatorRequest(TypedDict, total=False):
    """Changes to an evaluator."""

    name: str
    description: str | None


class DeleteEvaluatorVersionsRequest(TypedDict):
    """Versions to remove."""

    version_ids: list[str]


class AiIntegrationScopingInput(TypedDict, total=False):
    """Where an AI integration may be used."""

    organization_id: str | None
    space_id: str | None


class UpdateAiIntegrationRequest(TypedDict, total=False):
    """Changes to an AI integration."""

    name: str
    provider: str
    api_key: str | None
    base_url: str | None
    model_names: list[str]
    headers: dict[str, str] | None
    enable_default_models: bool
    function_calling_enabled: bool
    auth_type: str
    provider_metadata: JsonObject | None
    scopings: list[AiIntegrationScopingInput]


class CreateAiIntegrationRequest(TypedDict):
    """An AI integration to create."""

    name: str
    provider: str
    api_key: NotRequired[str]
    base_url: NotRequired[str]
    model_names: NotRequired[list[str]]
    headers: NotRequired[dict[str, str]]
    enable_default_models: NotRequired[bool]
    function_calling_enabled: NotRequired[bool]
    auth_type: NotRequired[str]
    provider_metadata: NotRequired[JsonObject]
    scopings: NotRequired[list[AiIntegrationScopingInput]]


class TaskEvaluatorInput(TypedDict):
    """An evaluator to apply."""

    evaluator_id: str
    evaluator_version_id: NotRequired[str | None]
    query_filter: NotRequired[str]
    column_mappings: NotRequired[dict[str, str]]


class CreateEvaluationTaskRequest(TypedDict):
    """An evaluation task to create."""

    name: str
    type: Literal["template_evaluation", "code_evaluation"]
    project_id: NotRequired[str]
    dataset_id: NotRequired[str]
    experiment_ids: NotRequired[list[str]]
    sampling_rate: NotRequired[float]
    is_continuous: NotRequired[bool]
    query_filter: NotRequired[str]
    evaluators: list[TaskEvaluatorInput]


class CreateRunExperimentTaskRequest(TypedDict):
    """A run_experiment task to create."""

    name: str
    type: Literal["run_experiment"]
    dataset_id: str
    run_configuration: JsonObject


CreateTaskRequest = CreateEvaluationTaskRequest | CreateRunExperimentTaskRequest
"""A task to create; `type` tells which."""


class UpdateTaskRequest(TypedDict, total=False):
    """Changes to a task; the union of what the types of task take."""

    name: str
    sampling_rate: float
    is_continuous: bool
    query_filter: str | None
    evaluators: list[TaskEvaluatorInput]
    run_configuration: JsonObject


class TriggerEvaluationTaskRunRequest(TypedDict, total=False):
    """How to run an evaluation task."""

    data_start_time: str
    data_end_time: str
    max_spans: float
    override_evaluations: bool
    experiment_ids: list[str]


class TriggerRunExperimentTaskRunRequest(TypedDict):
    """How to run a run_experiment task."""

    experiment_name: str
    dataset_version_id: NotRequired[str]
    example_ids: NotRequired[list[str]]
    max_examples: NotRequired[float]
    query_filter: NotRequired[str]
    tracing_metadata: NotRequired[dict[str, str]]
    evaluation_task_ids: NotRequired[list[str]]


TriggerTaskRunRequest = TriggerEvaluationTaskRunRequest | TriggerRunExperimentTaskRunRequest
"""How to run a task; the stored task's type tells which."""


class ListSpansRequest(TypedDict):
    """Which spans to list."""

    project_id: str
    start_time: NotRequired[str]
    end_time: NotRequired[str]
    filter: NotRequired[str]


class DeleteSpansRequest(TypedDict):
    """Spans to delete."""

    project_id: str
    span_ids: list[str]


class AnnotateSpansRequest(TypedDict):
    """Annotations of spans."""

    project_id: str
    start_time: NotRequired[str]
    end_time: NotRequired[str]
    annotations: list[AnnotateRecordInput]


class WebhookInput(TypedDict):
    """Whom to tell when a job has ended."""

    url: str
    headers: NotRequired[dict[str, str]]
    secret: NotRequired[str]


class JobLimitsInput(TypedDict, total=False):
    """How much a job may take, where that is to be less than its type allows."""

    memory_mb: int
    cpu_seconds: float
    cpus: float
    processes: int
    open_files: int
    file_mb: int
    files: int
    output_mb: int
    stream_bytes: int
    artifacts: int
    artifact_mb: int
    artifacts_mb: int


class SubmitJobRequest(TypedDict):
    """A program to run."""

    code: str
    input_data: NotRequired[JsonObject]
    timeout: NotRequired[int]
    startup_timeout: NotRequired[int]
    job_type: NotRequired[str]
    idempotency_key: NotRequired[str]
    requirements: NotRequired[list[str]]
    limits: NotRequired[JobLimitsInput]
    webhook: NotRequired[WebhookInput]


class RerunJobRequest(TypedDict, total=False):
    """What is to be different in the new run of a job."""

    job_type: str
    timeout: int


class ForkJobRequest(TypedDict):
    """Other code for a job's input, and what else is to be different."""

    code: str
    job_type: NotRequired[str]
    timeout: NotRequired[int]
