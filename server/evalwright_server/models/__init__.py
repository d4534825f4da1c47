"""Access to language models.

async with Models.open(cache) as models:
    client = models.client(Integration(...))
    reply = await client.chat(ChatRequest("gpt-5-mini", [{"role": "user", "content": "Hello"}]))
"""

from evalwright_server.models.chat import ChatReply, ChatRequest, ToolCall, Usage
from evalwright_server.models.client import ModelClient
from evalwright_server.models.errors import (
    IntegrationUnusable,
    ModelError,
    ModelUnavailable,
    RequestRefused,
)
from evalwright_server.models.integration import Integration
from evalwright_server.models.models import Models
from evalwright_server.models.templates import Template, TemplateError, TemplateFormat

__all__ = [
    "ChatReply",
    "ChatRequest",
    "Integration",
    "IntegrationUnusable",
    "ModelClient",
    "ModelError",
    "ModelUnavailable",
    "Models",
    "RequestRefused",
    "Template",
    "TemplateError",
    "TemplateFormat",
    "ToolCall",
    "Usage",
]
