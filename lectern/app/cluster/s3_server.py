"""An S3 server for one machine's cluster: `python -m lectern.app.cluster.s3_server PORT BUCKET`.

It is moto's, which takes any key and forgets everything when it ends: for trying and for tests. A cluster
keeps its files in `LECTERN_DATA`, too, and carries them again. Not for production: docker/compose.yaml has
a real one.
"""

import signal
import sys
import urllib.request

from moto.moto_server.threaded_moto_server import ThreadedMotoServer


def make_bucket(port: int, name: str) -> None:
    """Make a bucket in a moto server of this machine. Blocks. Raises OSError."""
    scope = "lectern/20261122/us-east-1/s3/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{name}", method="PUT", headers={"Authorization": signed}
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 (an http URL of ours)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    port, bucket = int(sys.argv[1]), sys.argv[2]
    endings = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)  # inherited by the server's thread
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    make_bucket(port, bucket)
    signal.sigwait(endings)
    server.stop()


if __name__ == "__main__":
    main()
