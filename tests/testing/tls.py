"""A certificate authority and a server certificate, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Certificates:
    ca: Path
    certificate: Path
    key: Path


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **more).stdout


def make_certificates(folder, *names):
    """For DNS names and IP addresses; keys are P-256."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", folder / "ca.key", "-out", made.ca, "-days", "30", "-subj", "/CN=test CA")
    alternatives = ",".join(("IP:" if name[0].isdigit() else "DNS:") + name for name in names)
    openssl("req", *curve, "-keyout", made.key, "-out", folder / "server.csr", "-subj", f"/CN={names[0]}")
    (folder / "server.ext").write_text(f"subjectAltName={alternatives}\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", made.ca, "-CAkey", folder / "ca.key", "-CAcreateserial",
            "-out", made.certificate, "-days", "30", "-extfile", folder / "server.ext")
    return made
