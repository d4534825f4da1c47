"""Whether the server can work."""

from evalwright_server import __version__
from evalwright_server.services.runs import count_active
from evalwright_server.web.call import Answer, Call


async def get_health(call: Call) -> Answer:
    """Answer how the server is; without workers or sandbox it is degraded."""
    context = call.context
    queued, running = await call.read(count_active)
    sandbox = context.sandbox
    is_healthy = context.workforce.connected > 0 and sandbox.driver is not None
    return Answer(
        {
            "status": "healthy" if is_healthy else "degraded",
            "version": __version__,
            "database": context.db.dialect,
            "sandbox": {
                "available": sandbox.driver is not None,
                "driver": sandbox.driver,
                "reason": sandbox.reason,
                "level": None,
                "layers": [],
                "missing": [],
            },
            "workers": context.workforce.connected,
            "queue_stats": {
                "queued": queued,
                "running": running,
                "pending": queued,
                "max_workers": context.workforce.connected,
                "max_queue_size": 0,
            },
            "docker_available": False,
            "gvisor_available": False,
            "circuit_breaker": {
                "state": "closed",
                "failure_count": 0,
                "success_count": 0,
                "last_failure": None,
            },
            "production_mode": False,
        }
    )
