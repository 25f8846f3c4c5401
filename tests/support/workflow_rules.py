"""Rules that keep tokens away from measured code, over the YAML of a workflow; each returns what breaks it."""

import re

import yaml

#: Commands that run measured code, or install packages that no hash pins.
MEASURES = re.compile(
    r"\bmake\b|\bnox\b|\btox\b|\bnp[mx]\b|\buvx?\b|\bpipx\b|\basv (run|continuous|publish)\b|\.venv/|\.ci/"
    r"|\basv[-_]verdict (nightly|compare|calibrate|assets)\b|\bsetup\.py\b|\bcurl\b|\bwget\b|\beval\b"
)
#: Values that measured code, or anybody who opens a pull request, can set.
FOREIGN = re.compile(r"(needs|steps)\.[\w.-]+\.outputs|github\.event\.|github\.(head_ref|ref_name|actor|event\b)")
TOKEN = re.compile(r"github\.token|secrets\b")


def read(text):
    """A workflow, with its triggers as a list or a mapping. YAML 1.1 reads the key `on` as True."""
    workflow = yaml.safe_load(text)
    triggers = workflow.pop(True)
    return {**workflow, "on": [triggers] if isinstance(triggers, str) else triggers}


def jobs(workflow):
    return workflow["jobs"].items()


def steps(workflow):
    return [(name, job, step) for name, job in jobs(workflow) for step in job.get("steps", [])]


def uses(step, action):
    return step.get("uses", "").startswith(f"{action}@")


def may_write(job):
    """Whether the job's token can change something; a job without a mapping of permissions may."""
    permissions = job.get("permissions")
    return not isinstance(permissions, dict) or "write" in permissions.values()


def commands(step):
    """The lines of its script, with continued lines joined."""
    return step.get("run", "").replace("\\\n", " ").splitlines()


def is_about_a_pull_request(workflow):
    """Whether anybody's pull request or comment starts it with the rights of this repository."""
    return bool({"workflow_run", "pull_request_target", "issue_comment"} & set(workflow["on"]))


def permissions_are_declared(workflow):
    wrong = [] if workflow.get("permissions") == {} else ["the workflow: expected `permissions: {}`"]
    for name, job in jobs(workflow):
        permissions = job.get("permissions")
        if not isinstance(permissions, dict) or set(permissions.values()) - {"read", "write"}:
            wrong.append(f"{name}: expected its own permissions")
        elif "uses" not in job and sum(value == "write" for key, value in permissions.items() if key != "id-token") > 1:
            wrong.append(f"{name}: expected one permission to write")
    return wrong


def scripts_hold_no_expression(workflow):
    scripts = [(name, step.get("run", "")) for name, _, step in steps(workflow)]
    scripts += [(name, str(step.get("with", {}).get("script", ""))) for name, _, step in steps(workflow)]
    return [f"{name}: {script}" for name, script in scripts if "${{" in script]


def checkouts_keep_no_credentials(workflow):
    found = [(name, step.get("with", {})) for name, _, step in steps(workflow) if uses(step, "actions/checkout")]
    return [name for name, options in found if options.get("persist-credentials") is not False or "token" in options]


def actions_are_pinned(workflow):
    used = [step["uses"] for _, _, step in steps(workflow) if "uses" in step]
    used += [job["uses"] for _, job in jobs(workflow) if "uses" in job]
    return [name for name in used if not name.startswith("./.github/") and not re.search(r"@[0-9a-f]{40}$", name)]


def writing_jobs_install_by_hash(workflow):
    wrong = []
    for name, job, step in steps(workflow):
        for command in commands(step) if may_write(job) else ():
            installs = re.search(r"\bpip[\d.]* +(install|download|wheel)\b", command)
            pinned = "--require-hashes" in command and re.search(r"--only-binary[= ]:all:", command)
            if MEASURES.search(command) or (installs and not pinned):
                wrong.append(f"{name}: {command.strip()}")
    return wrong


def tokens_are_in_one_step(workflow):
    wrong = [name for name, job in jobs(workflow) if TOKEN.search(str([job.get("env"), job.get("outputs")]))]
    wrong += ["the workflow's env"] if TOKEN.search(str(workflow.get("env"))) else []
    for name, job in jobs(workflow):
        holders = [step for step in job.get("steps", []) if TOKEN.search(str(step.get("env")))]
        wrong += [f"{name}: {len(holders)} steps hold a token"] if len(holders) > 1 else []
        wrong += [f"{name}: a token where nothing is posted"] if holders and not may_write(job) else []
        wrong += [f"{name}: {job['secrets']} secrets"] if "secrets" in job else []
        for step in job.get("steps", []):
            taken = {key for key, value in step.get("with", {}).items() if TOKEN.search(str(value))}
            # This action needs a token to read the artifact of another run, and passes it to no script.
            if taken and not (uses(step, "actions/download-artifact") and taken == {"github-token"}):
                wrong.append(f"{name}: a token in the input of {step['uses']}")
            if step in holders and any(re.search(r"\bpip\b", command) for command in commands(step)):
                wrong.append(f"{name}: installs with a token")
    return wrong


def foreign_values_are_validated(workflow):
    wrong = []
    for name, job in jobs(workflow):
        outer = str([workflow.get("env"), job.get("env")])
        wrong += [f"{name}: a foreign value for every step"] if FOREIGN.search(outer) else []
        for step in job.get("steps", []):
            for variable, value in step.get("env", {}).items():
                use = re.escape(f'"${variable}"')
                checked = rf"^\s*case {use} in$|\[\[ ({use}|[^\n]*&& {use}) =~ \^[^ ]*\$"
                script = step.get("run", "")
                found = re.search(checked, script, re.MULTILINE)
                first = re.search(rf"\$\{{?{variable}\b", script)
                if FOREIGN.search(str(value)) and not (found and first and found.start() <= first.start()):
                    wrong.append(f"{name}: {variable}")
    return wrong


def artifacts_are_data(workflow):
    """An artifact is unpacked outside the checkout: inside it, git or Python would run what the artifact contains."""
    wrong = []
    for name, _, step in steps(workflow):
        options = step.get("with", {})
        if uses(step, "actions/download-artifact") and not re.match(
            r"\$\{\{ runner\.temp \}\}/\w+$", options.get("path", "")
        ):
            wrong.append(f"{name}: an artifact in {options.get('path', 'the checkout')}")
    return wrong


def pull_requests_are_data(workflow):
    wrong = []
    for name, job, step in steps(workflow):
        options = step.get("with", {})
        named = {"ref", "repository"} & set(options)
        if is_about_a_pull_request(workflow) and uses(step, "actions/checkout") and named:
            wrong.append(f"{name}: checks out {options}")
        if is_about_a_pull_request(workflow) and re.search(
            r"\bgh pr checkout\b|\bgit (fetch|checkout|pull|clone)\b|refs/pull", step.get("run", "")
        ):
            wrong.append(f"{name}: {step['run']}")
        if "pull_request" in workflow["on"] and may_write(job):
            wrong.append(f"{name}: code of a pull request with a token that can write")
    return wrong


RULES = [
    permissions_are_declared,
    scripts_hold_no_expression,
    checkouts_keep_no_credentials,
    actions_are_pinned,
    writing_jobs_install_by_hash,
    tokens_are_in_one_step,
    foreign_values_are_validated,
    artifacts_are_data,
    pull_requests_are_data,
]
