"""The facts these tests hold the tables to: spellings and members as recorded from the clients."""

SPELLINGS = """
type of a task         TaskType               template_evaluation TEMPLATE_EVALUATION
type of a task         TaskType               code_evaluation     CODE_EVALUATION
type of a task         TaskType               run_experiment      RUN_EXPERIMENT
status of a run        TaskRunStatus          pending             PENDING
status of a run        TaskRunStatus          running             RUNNING
status of a run        TaskRunStatus          completed           COMPLETED
status of a run        TaskRunStatus          failed              FAILED
status of a run        TaskRunStatus          cancelled           CANCELLED
kind of experiment     ExperimentType         llm_generation      LLM_GENERATION
kind of experiment     ExperimentType         template_evaluation TEMPLATE_EVALUATION
type of an evaluator   EvaluatorType          template            TEMPLATE
type of an evaluator   EvaluatorType          code                CODE
type of code           CodeConfigType         managed             MANAGED
type of code           CodeConfigType         custom              CUSTOM
managed evaluator      ManagedCodeEvaluator   MatchesRegex        MATCHES_REGEX
managed evaluator      ManagedCodeEvaluator   JSONParseable       JSON_PARSEABLE
managed evaluator      ManagedCodeEvaluator   ContainsAnyKeyword  CONTAINS_ANY_KEYWORD
managed evaluator      ManagedCodeEvaluator   ContainsAllKeywords CONTAINS_ALL_KEYWORDS
managed evaluator      ManagedCodeEvaluator   ExactMatch          EXACT_MATCH
type of a parameter    StaticParamType        STRING              STRING
type of a parameter    StaticParamType        STRING_ARRAY        STRING_ARRAY
type of a parameter    StaticParamType        REGEX               REGEX
direction              OptimizationDirection  maximize            MAXIMIZE
direction              OptimizationDirection  minimize            MINIMIZE
direction              OptimizationDirection  none                NONE
granularity            DataGranularity        span                SPAN
granularity            DataGranularity        trace               TRACE
granularity            DataGranularity        session             SESSION
role of a message      MessageRole            user                USER
role of a message      MessageRole            assistant           ASSISTANT
role of a message      MessageRole            system              SYSTEM
role of a message      MessageRole            tool                TOOL
type of a tool call    ToolCallType           function            FUNCTION
format of variables    InputVariableFormat    f_string            F_STRING
format of variables    InputVariableFormat    mustache            MUSTACHE
format of variables    InputVariableFormat    none                NONE
form of an answer      ResponseFormatType     text                TEXT
form of an answer      ResponseFormatType     json_object         JSON_OBJECT
form of an answer      ResponseFormatType     json_schema         JSON_SCHEMA
provider               AiIntegrationProvider  openAI              OPEN_AI
provider               AiIntegrationProvider  azureOpenAI         AZURE_OPEN_AI
provider               AiIntegrationProvider  awsBedrock          AWS_BEDROCK
provider               AiIntegrationProvider  vertexAI            VERTEX_AI
provider               AiIntegrationProvider  anthropic           ANTHROPIC
provider               AiIntegrationProvider  custom              CUSTOM
provider               AiIntegrationProvider  nvidiaNim           NVIDIA_NIM
provider               AiIntegrationProvider  gemini              GEMINI
authentication         AiIntegrationAuthType  default             DEFAULT
authentication         AiIntegrationAuthType  proxy_with_headers  PROXY_WITH_HEADERS
authentication         AiIntegrationAuthType  bearer_token        BEARER_TOKEN
kind of metadata       ProviderMetadataKind   aws                 AWS
kind of metadata       ProviderMetadataKind   gcp                 GCP
"""

ROWS = [line.split()[-3:] for line in SPELLINGS.strip().splitlines()]
"""Enumeration, word before 8.40, word since."""

SUCCESSES = {
    "create_space": 201, "get_space": 200, "update_space": 200, "delete_space": 204,
    "list_spaces": 200, "add_space_user": 200, "remove_space_user": 204,
    "create_project": 201, "update_project": 200, "delete_project": 204,
    "create_dataset": 201, "delete_dataset": 204, "annotate_dataset_examples": 202,
    "insert_dataset_examples": 201, "list_dataset_examples": 200, "update_dataset_examples": 200,
    "delete_dataset_examples": 200, "search_dataset_examples": 200,
    "create_experiment": 201, "delete_experiment": 204, "annotate_experiment_runs": 202,
    "append_experiment_runs": 201, "search_experiment_runs": 200,
    "create_ai_integration": 201, "update_ai_integration": 200, "delete_ai_integration": 204,
    "create_evaluator": 201, "update_evaluator": 200, "delete_evaluator": 204,
    "create_evaluator_version": 201, "delete_evaluator_versions": 200,
    "create_task": 201, "get_task": 200, "list_tasks": 200, "update_task": 200,
    "delete_task": 204, "trigger_task_run": 201, "list_task_runs": 200,
    "get_task_run": 200, "cancel_task_run": 200,
    "list_spans": 200, "delete_spans": 200, "annotate_spans": 202,
}  # fmt: skip
"""Clients turn any other success into None."""
