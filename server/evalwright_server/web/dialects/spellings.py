"""How the words of the enumerations are spelt, before 8.40 and since.

Native words are those of 8.26. Requests are read in any spelling, see `web.canonical`.
"""

from collections.abc import Mapping
from typing import Final

Spellings = Mapping[str, Mapping[str, str]]
"""By enumeration: what is written for each native word."""

UPPER: Final[Spellings] = {
    "TaskType": {
        "template_evaluation": "TEMPLATE_EVALUATION",
        "code_evaluation": "CODE_EVALUATION",
        "run_experiment": "RUN_EXPERIMENT",
    },
    "TaskRunStatus": {
        "pending": "PENDING",
        "running": "RUNNING",
        "completed": "COMPLETED",
        "failed": "FAILED",
        "cancelled": "CANCELLED",
    },
    "ExperimentType": {
        "llm_generation": "LLM_GENERATION",
        "template_evaluation": "TEMPLATE_EVALUATION",
    },
    "EvaluatorType": {"template": "TEMPLATE", "code": "CODE"},
    "CodeConfigType": {"managed": "MANAGED", "custom": "CUSTOM"},
    "ManagedCodeEvaluator": {
        "MatchesRegex": "MATCHES_REGEX",
        "JSONParseable": "JSON_PARSEABLE",
        "ContainsAnyKeyword": "CONTAINS_ANY_KEYWORD",
        "ContainsAllKeywords": "CONTAINS_ALL_KEYWORDS",
        "ExactMatch": "EXACT_MATCH",
    },
    "StaticParamType": {"STRING": "STRING", "STRING_ARRAY": "STRING_ARRAY", "REGEX": "REGEX"},
    "OptimizationDirection": {"maximize": "MAXIMIZE", "minimize": "MINIMIZE", "none": "NONE"},
    "DataGranularity": {"span": "SPAN", "trace": "TRACE", "session": "SESSION"},
    "MessageRole": {"user": "USER", "assistant": "ASSISTANT", "system": "SYSTEM", "tool": "TOOL"},
    "ToolCallType": {"function": "FUNCTION"},
    "InputVariableFormat": {"f_string": "F_STRING", "mustache": "MUSTACHE", "none": "NONE"},
    "ResponseFormatType": {
        "text": "TEXT",
        "json_object": "JSON_OBJECT",
        "json_schema": "JSON_SCHEMA",
    },
    "AiIntegrationProvider": {
        "openAI": "OPEN_AI",
        "azureOpenAI": "AZURE_OPEN_AI",
        "awsBedrock": "AWS_BEDROCK",
        "vertexAI": "VERTEX_AI",
        "anthropic": "ANTHROPIC",
        "custom": "CUSTOM",
        "nvidiaNim": "NVIDIA_NIM",
        "gemini": "GEMINI",
    },
    "AiIntegrationAuthType": {
        "default": "DEFAULT",
        "proxy_with_headers": "PROXY_WITH_HEADERS",
        "bearer_token": "BEARER_TOKEN",
    },
    "ProviderMetadataKind": {"aws": "AWS", "gcp": "GCP"},
    "SpaceRole": {
        "admin": "ADMIN",
        "member": "MEMBER",
        "read_only": "READ_ONLY",
        "annotator": "ANNOTATOR",
    },
    "SpaceRoleAssignmentType": {"predefined": "PREDEFINED"},
    "SpanStatusCode": {"OK": "OK", "ERROR": "ERROR", "UNSET": "UNSET"},
}

LOWER: Final[Spellings] = {
    **{name: {word: word for word in words} for name, words in UPPER.items()},
    "SpaceRole": {
        "admin": "admin",
        "member": "member",
        "read_only": "read-only",
        "annotator": "annotator",
    },
}

WITHOUT_EXPERIMENTS: Final[Spellings] = {
    **LOWER,
    "TaskType": {
        "template_evaluation": "template_evaluation",
        "code_evaluation": "code_evaluation",
    },
}
"""Before run_experiment tasks: a word that is missing here hides the rows that use it."""

CONSTANTS: Final[Mapping[str, str]] = {
    "LlmGenerationRunConfig.experiment_type": "ExperimentType",
    "TemplateEvaluationRunConfig.experiment_type": "ExperimentType",
    "EvaluatorVersionTemplate.type": "EvaluatorType",
    "EvaluatorVersionCode.type": "EvaluatorType",
    "ManagedCodeConfig.type": "CodeConfigType",
    "CustomCodeConfig.type": "CodeConfigType",
    "AwsProviderMetadata.kind": "ProviderMetadataKind",
    "GcpProviderMetadata.kind": "ProviderMetadataKind",
}
"""Members that hold one word of an enumeration and tell the branches of a union apart."""
