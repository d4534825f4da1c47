"""What a job may reach over the network."""

from dataclasses import dataclass, field

from evalwright_server.egress.targets import Address, Target, parse_target


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """An allow-list; what is not on it can't be reached.

    Names are compared as the job wrote them, before they are looked up. What they stand for is
    checked once more: an address that is not public (loopback, private, link-local, of the host
    itself) must be listed as an address, as whoever runs a name server decides what its names
    stand for.

    Attributes:
        allow: Entries such as `api.example.com:443`, `*.example.com:443`, `10.0.0.0/8:5432`.

    Raises:
        ValueError: An entry is wrong.
    """

    allow: tuple[str, ...]
    targets: tuple[Target, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(parse_target(text) for text in self.allow))

    def allows_name(self, host: str, port: int) -> bool:
        """Tell whether a host name may be looked up for a connection to a port."""
        return any(target.covers_name(host.lower(), port) for target in self.targets)

    def lists_address(self, address: Address, port: int) -> bool:
        """Tell whether an address is on the list by itself."""
        return any(target.covers_address(address, port) for target in self.targets)
