"""Makes the calls on stdin (a JSON list of service, operation, input) and prints what came of each.

Bodies go in as base64 and come out so. The endpoint is the first argument: Debian's boto3 reads no
AWS_ENDPOINT_URL yet.
"""

import base64
import json
import sys

import boto3
from botocore.exceptions import ClientError


def make_call(service, operation, input):
    if "Body" in input:
        input["Body"] = base64.b64decode(input["Body"])
    client = boto3.client(service, endpoint_url=sys.argv[1])
    try:
        answer = getattr(client, operation)(**input)
    except ClientError as error:
        answer = error.response
    if "Body" in answer:
        answer["Body"] = base64.b64encode(answer["Body"].read()).decode()
    return answer


json.dump([make_call(**call) for call in json.load(sys.stdin)], sys.stdout, default=str)
