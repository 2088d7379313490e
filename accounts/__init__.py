"""People and who they are: identities, departments, roles and scopes, sign-in, API keys, audit."""
