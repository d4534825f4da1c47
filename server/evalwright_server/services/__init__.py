"""The rules of the domain, one module per resource.

Every function is synchronous and works on the connection it is given, inside the caller's
transaction; nothing here knows HTTP. What a caller did wrong is raised as one of
`services.errors`.
"""
