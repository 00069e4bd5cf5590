#!/usr/bin/python3
"""Print what a binary is made of, as an SPDX 2.3 document.

Usage: sbom.py VERSION BINARY SOURCES COMPILER

SOURCES is what base/libs/fetch.sh printed: the source packages that BINARY is linked from, with the SHA-256 of their
files. A source package's .dsc names the sums of its other files, so its own stands for all. COMPILER is the first line
of the compiler's --version. The date is SOURCE_DATE_EPOCH's.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import sys
import urllib.parse

LICENSES = {"musl": "MIT", "openssl": "Apache-2.0", "curl": "curl", "jansson": "MIT", "expat": "MIT"}
COMPILER_LICENSE = "GPL-3.0-or-later"
# The compiler's own library has what a processor lacks an instruction for.
COMPILER_LIBRARY_LICENSE = "GPL-3.0-or-later WITH GCC-exception-3.1"


def package(name, version, license, **more):
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version, "licenseConcluded": license,
            "licenseDeclared": license, "copyrightText": "NOASSERTION", "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, **more}


def sha256(value):
    return {"checksums": [{"algorithm": "SHA256", "checksumValue": value}]}


def source_packages(text):
    """One package for each "package version" line and the "sha256  file" lines after it."""
    for block in re.findall(r"^\S+ \S+\n(?:[0-9a-f]{64}  .*\n)+", text, re.MULTILINE):
        head, *lines = block.splitlines()
        name, version = head.split()
        total, file = next(line.split("  ") for line in lines if line.endswith(".dsc"))
        locator = f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}?arch=source"
        yield package(name, version, LICENSES[name], packageFileName=file, supplier="Organization: Debian", **sha256(total),
                      externalRefs=[{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                     "referenceLocator": locator}])


def document(version, binary, sources, compiler):
    digest = hashlib.sha256(binary).hexdigest()
    date = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    linked = [*source_packages(sources), package("libgcc", compiler, COMPILER_LIBRARY_LICENSE)]
    program = package("cygnet", version, "MIT", primaryPackagePurpose="APPLICATION", **sha256(digest))
    gcc = package("gcc", compiler, COMPILER_LICENSE)
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-cygnet"),
                 ("SPDXRef-gcc", "BUILD_TOOL_OF", "SPDXRef-cygnet"),
                 *(("SPDXRef-cygnet", "STATIC_LINK", part["SPDXID"]) for part in linked)]
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"cygnet-{version}", "documentNamespace": f"https://spdx.org/spdxdocs/cygnet-{version}-{digest}",
        "creationInfo": {"created": date.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: cygnet's rpm/sbom.py"]},
        "packages": [program, *linked, gcc],
        "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
                          for one, kind, other in relations],
    }


def main(version, binary, sources, compiler):
    made = document(version, pathlib.Path(binary).read_bytes(), pathlib.Path(sources).read_text(), compiler)
    json.dump(made, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
