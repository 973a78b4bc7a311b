"""Holds the configuration against the code: metric names, settings, and the files that compose and the Dockerfile name."""

import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What the crate metrics-process exports.
PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds"}
COMPOSE_ONLY = {"INKSTREAM_PORT", "POSTGRES_PASSWORD", "GRAFANA_PASSWORD"}


def read(path):
    return (ROOT / path).read_text()


def metrics():
    """Every metric that a rule or the dashboard asks for is one that the server has."""
    known = set(re.findall(r'"(inkstream_[a-z_]+)"', read("backend/core/src/metrics.rs")))
    panels = json.loads(read("monitoring/grafana/dashboards/inkstream.json"))["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    asked += [rule["expr"] for group in yaml.safe_load(read("monitoring/alerts.yml"))["groups"] for rule in group["rules"]]
    for name in sorted(set(re.findall(r"\b(?:inkstream|process)_[a-z_]+", " ".join(asked)))):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        if base not in known | PROCESS:
            yield f"monitoring asks for {base}, which backend/core/src/metrics.rs does not have"
    shown = " ".join(asked)
    for name in sorted(known):
        if name not in shown:
            yield f"{name} is measured, and neither the dashboard nor an alert uses it"


def settings():
    """.env.example and docs/operations.md have every setting with its default, and none that the server does not know."""
    sources = "".join(file.read_text() for file in (ROOT / "backend/server/src/settings").rglob("*.rs"))
    known = set(re.findall(r'\benv = "([A-Z0-9_]+)"', sources))
    example = set(re.findall(r"^#?([A-Z0-9_]+)=", read(".env.example"), re.M))
    operations = set(re.findall(r"^\| `([A-Z0-9_]+)`", read("docs/operations.md"), re.M))
    for place, names in ((".env.example", example - COMPOSE_ONLY), ("docs/operations.md", operations)):
        for name in sorted(known - names):
            yield f"{place} lacks the setting {name}"
        for name in sorted(names - known):
            yield f"{place} has {name}, which the server does not know"
    shown = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", read(".env.example"), re.M))
    told = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]*)`", read("docs/operations.md"), re.M))
    for name, default in re.findall(r'env = "([A-Z0-9_]+)",\s+default_value = "([^"]*)"', sources):
        for place, values in ((".env.example", shown), ("docs/operations.md", told)):
            if values.get(name, "") != default:
                yield f"{place} says {name}={values.get(name)}, the server's default is {default}"


def containers():
    """What compose mounts and the Dockerfile takes exists; images have versions; variables are in .env.example."""
    text = read("docker-compose.yml")
    compose = yaml.safe_load(text)
    example = read(".env.example")
    for name in re.findall(r"\$\{([A-Z_]+)", text):
        if not re.search(rf"^{name}=", example, re.M):
            yield f"docker-compose.yml uses {name}, which .env.example lacks"
    for name, service in compose["services"].items():
        if "build" not in service and not re.search(r":v?\d", service["image"]):
            yield f"compose service {name}: image without a version"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (ROOT / source).exists():
                yield f"compose service {name} mounts {source}, which does not exist"
            if not source.startswith(".") and source not in compose["volumes"]:
                yield f"compose service {name}: volume {source} is not declared"
        if "build" in service and not (ROOT / service["build"]["dockerfile"]).is_file():
            yield f"compose service {name}: no {service['build']['dockerfile']}"
    for file in (ROOT / "monitoring/grafana/provisioning").rglob("*.yml"):
        yaml.safe_load(file.read_text())


problems = [*metrics(), *settings(), *containers()]
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
