"""Pyrofile's REST pack `base-r4`, scenarios by others: `python with_pyrofile.py BASE R4.tgz NAME=VALUE…`.  Prints each one's status as JSON."""

import json
import sys
import tempfile

from pyrofile_validator.api_testing import ApiTestOptions, load_builtin_api_test_plan, run_api_tests
from pyrofile_validator.config import TerminologyConfig, ValidatorConfig

with tempfile.TemporaryDirectory() as folder:
    config = ValidatorConfig(
        # without the definitions it takes Patient.communication.language for unknown
        local_package_paths=[sys.argv[2]],
        package_cache_dir=folder,
        evidence_output_dir=folder,
        terminology=TerminologyConfig(),
    )
    options = ApiTestOptions(
        allow_mutation=True,
        inputs=dict(word.split("=") for word in sys.argv[3:]),
        # what it takes for lost it sends again, and a version that was made twice is another one
        timeout_seconds=300,
        retry_attempts=1,
    )
    report = run_api_tests(
        sys.argv[1], load_builtin_api_test_plan("base-r4"), config=config, options=options
    )
    seen = {}
    for scenario in report.scenarios:
        failed = [one.message for one in scenario.assertions if one.status.value != "PASS"]
        seen[scenario.id] = [
            scenario.status.value,
            *failed,
            *([scenario.skip_reason] if scenario.skip_reason else []),
        ]
print(json.dumps(seen))
