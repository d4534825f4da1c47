"""The members that answers have for clients which refuse to read any other.

Those are the members of 8.26; free-form rows (dataset examples, experiment runs) are not listed,
because their readers keep what they don't know. Operations that came after 8.26 are listed with
the members of their first release.
"""

from collections.abc import Mapping
from typing import Final

Members = Mapping[str, frozenset[str]]
"""By component of the document: the members that may be sent."""

_CREATED: Final = "created_at created_by_user_id"
_TASK: Final = (
    "id name type project_id dataset_id sampling_rate is_continuous query_filter evaluators "
    f"experiment_ids last_run_at updated_at {_CREATED}"
)
_TASK_RUN: Final = (
    "id task_id status run_started_at run_finished_at data_start_time data_end_time num_successes "
    f"num_errors num_skipped {_CREATED}"
)
_EVALUATOR: Final = f"id name description type space_id updated_at {_CREATED}"
_VERSION: Final = f"id evaluator_id commit_hash commit_message type {_CREATED}"
_EXPERIMENT: Final = (
    "id name dataset_id dataset_version_id created_at updated_at experiment_traces_project_id"
)
_RUN_CONFIG: Final = (
    "experiment_type ai_integration_id model_name invocation_parameters provider_parameters"
)
_CODE_CONFIG: Final = "type name variables static_params data_granularity query_filter"


def _read(table: Mapping[str, str]) -> Members:
    return {component: frozenset(names.split()) for component, names in table.items()}


MEMBERS: Final[Members] = _read(
    {
        "Pagination": "has_more next_cursor",
        "Organization": "id name description created_at",
        "OrganizationList": "organizations pagination",
        "Space": "id name description created_at",
        "SpaceList": "spaces pagination",
        "SpaceMembership": "id user_id space_id role",
        "Project": "id name space_id created_at",
        "ProjectList": "projects pagination",
        "Dataset": "id name space_id created_at updated_at versions",
        "DatasetList": "datasets pagination",
        "DatasetVersion": "id name dataset_id created_at updated_at",
        "DatasetVersionWithExampleIds": (
            "id name space_id created_at updated_at dataset_version_id example_ids"
        ),
        "DatasetExampleList": "examples pagination",
        "DeleteDatasetExamplesResponse": "completed deleted_example_ids not_deleted_example_ids",
        "Annotation": "name score label text updated_at annotator",
        "AnnotatorUser": "id email",
        "Experiment": _EXPERIMENT,
        "ExperimentList": "experiments pagination",
        "ExperimentWithRunIds": f"{_EXPERIMENT} run_ids",
        "ExperimentRunList": "experiment_runs pagination",
        "AiIntegration": (
            "id name provider has_api_key base_url model_names headers enable_default_models "
            "function_calling_enabled auth_type provider_metadata scopings updated_at "
            f"{_CREATED}"
        ),
        "AiIntegrationScoping": "organization_id space_id",
        "AiIntegrationList": "ai_integrations pagination",
        "AwsProviderMetadata": "kind role_arn external_id",
        "GcpProviderMetadata": "kind project_id location project_access_label",
        "Evaluator": _EVALUATOR,
        "EvaluatorWithVersion": f"{_EVALUATOR} version",
        "EvaluatorList": "evaluators pagination",
        "EvaluatorVersionTemplate": f"{_VERSION} template_config",
        "EvaluatorVersionCode": f"{_VERSION} code_config",
        "EvaluatorVersionList": "evaluator_versions pagination",
        "TemplateConfig": (
            "name template include_explanations use_function_calling_if_available "
            "classification_choices direction data_granularity llm_config"
        ),
        "EvaluatorLlmConfig": (
            "ai_integration_id model_name invocation_parameters provider_parameters"
        ),
        "ManagedCodeConfig": f"{_CODE_CONFIG} managed_evaluator",
        "CustomCodeConfig": f"{_CODE_CONFIG} code imports",
        "StaticParam": "name type default_value",
        "InvocationParameters": (
            "temperature max_tokens max_completion_tokens top_p frequency_penalty "
            "presence_penalty stop response_format tool_config"
        ),
        "ResponseFormat": "type json_schema",
        "ResponseFormatJsonSchema": "name description schema strict",
        "ToolConfig": "tools tool_choice",
        "Task": f"{_TASK} run_configuration",
        "TaskEvaluator": "evaluator_id evaluator_name query_filter column_mappings",
        "TaskList": "tasks pagination",
        "TaskRun": f"{_TASK_RUN} experiment_id",
        "TaskRunList": "task_runs pagination",
        "LlmGenerationRunConfig": (
            f"{_RUN_CONFIG} messages input_variable_format tool_config prompt_version_id"
        ),
        "TemplateEvaluationRunConfig": (
            f"{_RUN_CONFIG} template provide_explanation classification_choices column_mapping "
            "evaluator_version_id"
        ),
        "LlmMessage": "role content tool_call_id tool_calls",
        "ToolCallInput": "id type function",
        "ToolCallFunctionInput": "name arguments",
        "Span": (
            "name context kind parent_id start_time end_time status_code status_message "
            "attributes annotations evaluations events"
        ),
        "SpanContext": "trace_id span_id",
        "SpanEvaluation": "name score label explanation",
        "SpanEvent": "name timestamp attributes",
        "SpanList": "spans pagination",
        "DeleteSpansResponse": "deleted_span_ids",
    }
)

WITHOUT_EXPERIMENTS: Final[Members] = {
    **MEMBERS,
    **_read({"Task": _TASK, "TaskRun": _TASK_RUN}),
}
"""The same before run_experiment tasks, in 8.22 and older."""

WITH_DELETED_SPANS: Final[Members] = {
    **MEMBERS,
    **_read({"DeleteSpansResponse": "completed deleted_span_ids not_deleted_span_ids"}),
}
"""Since 8.40."""
WITH_SPACES_OF_EXPERIMENTS: Final[Members] = {
    **WITH_DELETED_SPANS,
    **_read(
        {
            "Experiment": f"{_EXPERIMENT} space_id",
            "ExperimentWithRunIds": f"{_EXPERIMENT} space_id run_ids",
        }
    ),
}
"""Since 8.44."""
