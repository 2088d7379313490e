"""Media workers that have nothing but a token: how they get jobs and files, and hand in results, over HTTPS.

`tokens` makes and checks the credential, `bell` lets workers wait for jobs, `grants` signs addresses of
files, `intake` keeps what a worker sends until its result is taken, `door` is what a worker may do, `routes`
the HTTP of it.
"""
