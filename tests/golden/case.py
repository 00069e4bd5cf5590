"""Reading a case: its folder laid over the case that it stands on."""

import json
from pathlib import Path

CASES = Path(__file__).resolve().parent / "cases"
PARTS = {"case.json", "registry.json", "vpc.json", "imds", "root", "expected"}


class Case:
    """What a folder says.

    files      {"imds/…" or "root/…": bytes}
    modes      {path below root: number}
    registry   {region: {parameter: value, or a list of its versions}}
    vpc        what vpc.lay takes
    """

    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name
        strange = {entry.name for entry in folder.iterdir()} - PARTS
        if strange:
            raise ValueError(f"{folder}: a case has no {', '.join(sorted(strange))}")
        self._describe(**_load(folder / "case.json"))
        self.files.update(_read(folder, ("imds", "root")))
        self._settle_modes()
        self.registry = self._laid_over("registry")
        self.vpc = self._laid_over("vpc")

    def _describe(self, about, base, without=(), modes=None, arguments=(), environment=None, source_dest_check=None,
                  faults=(), registry_role=None, commands=("plan", "bootstrap")):
        self.base = below = Case(CASES / base) if base else None
        self.about = about
        self.depth = below.depth + 1 if below else 0
        self.files = _without(below.files, without) if below else {}
        self._own_modes = {path: int(mode, 8) for path, mode in (modes or {}).items()}
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.source_dest_check = source_dest_check
        if source_dest_check is None:
            self.source_dest_check = below.source_dest_check if below else True
        self.faults = faults
        self.registry_role = registry_role
        self.commands = commands

    def _settle_modes(self):
        """A base's modes of what is not there any more are no mistake; own ones are."""
        there = {str(above) for name in self.below("root") for above in (Path(name), *Path(name).parents)}
        strange = set(self._own_modes) - there
        if strange:
            raise ValueError(f"{self.folder}: modes of what is not there: {', '.join(sorted(strange))}")
        modes = {**(self.base.modes if self.base else {}), **self._own_modes}
        self.modes = {path: mode for path, mode in modes.items() if path in there}

    def _laid_over(self, part):
        """The case's registry or vpc: that of its base, under its own."""
        laid = {key: dict(things) for key, things in getattr(self.base, part, {}).items()}
        file = self.folder / f"{part}.json"
        for key, things in (_load(file) if file.exists() else {}).items():
            under = laid.setdefault(key, {})
            for name, thing in things.items():
                if thing is None:
                    del under[name]
                else:
                    under[name] = thing
        return laid

    def below(self, part):
        """The files below "imds" or "root": {path: bytes}."""
        return {name.removeprefix(part + "/"): content for name, content in self.files.items()
                if name.startswith(part + "/")}

    def expected(self):
        """What the folder expects: {file below expected/: text}."""
        return {name: content.decode() for name, content in _read(self.folder / "expected", (".",)).items()}

    def inherited(self):
        """The texts of files that bootstrap wrote in a case that this one stands on: {"root/…": text}."""
        return self.base.contents() if self.base else {}

    def contents(self):
        """As `inherited`, those written in this case among them."""
        own = {name: text for name, text in self.expected().items() if name.startswith("root/")}
        return {**self.inherited(), **own}

    def written(self):
        """The files that bootstrap created or changed in this case: {path: text}."""
        lines = [line.split() for line in self.expected()["changes"].splitlines()]
        paths = [line[1] for line in lines if line[0] != "removed" and not line[1].endswith("/")]
        contents = self.contents()
        return {path: contents[f"root/{path}"] for path in paths}


def cases():
    """Every case there is; those that others stand on come first."""
    found = [Case(folder) for folder in CASES.iterdir()]
    return sorted(found, key=lambda case: (case.depth, case.name))


def _load(file):
    return json.loads(file.read_text())


def _read(folder, parts):
    return {str(file.relative_to(folder)): file.read_bytes() for part in parts
            for file in (folder / part).rglob("*") if file.is_file()}


def _without(files, unwanted):
    for path in unwanted:
        gone = [name for name in files if (name + "/").startswith(path + "/")]
        if not gone:
            raise ValueError(f"the base has no {path} to go without")
        files = {name: content for name, content in files.items() if name not in gone}
    return files
