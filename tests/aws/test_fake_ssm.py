"""Parameter Store as boto3 sees it: every action, its rules and its limits."""

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from fakeaws import ApiError
from fakeaws.services import SERVICES
from signed import connect, error_code, exchange, ssm_draft


@pytest.fixture
def ssm(client, world):
    world.faults.limits(False)
    return client("ssm")


@pytest.fixture
def raw(world, server, gateway):
    """raw(action, body or params): the reply to a request that boto3 would not send."""
    def send(action, body=None, content_type="application/x-amz-json-1.1", **params):
        draft = ssm_draft("ssm.us-east-1.amazonaws.com", action, **params)
        draft.body = draft.body if body is None else body
        draft.headers["Content-Type"] = content_type
        draft.sign(world.keyring.of_instance(gateway.instance), world.clock())
        with connect(server.api, server.ca_file, draft.host) as connection:
            return exchange(connection, draft.bytes())
    return send


def put(ssm, name="/cygnet/lab/epoch", value="v", **more):
    return ssm.put_parameter(**{"Name": name, "Value": value, "Type": "String", **more})


def code_of(call, *arguments, **params):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **params)
    return caught.value.response["Error"]["Code"]


def names(reply):
    return [parameter["Name"] for parameter in reply["Parameters"]]


def test_put_then_get(ssm, gateway):
    assert put(ssm)["Version"] == 1
    parameter = ssm.get_parameter(Name="/cygnet/lab/epoch")["Parameter"]
    assert (parameter["Value"], parameter["Version"], parameter["Type"]) == ("v", 1, "String")
    assert parameter["ARN"] == "arn:aws:ssm:us-east-1:111122223333:parameter/cygnet/lab/epoch"
    history = ssm.get_parameter_history(Name="/cygnet/lab/epoch")["Parameters"]
    assert history[0]["LastModifiedUser"].endswith(f":assumed-role/gateway/{gateway.instance.id}")


def test_each_put_raises_the_version_by_one(ssm):
    put(ssm)
    assert [put(ssm, value=str(n), Overwrite=True)["Version"] for n in range(3)] == [2, 3, 4]
    assert ssm.get_parameter(Name="/cygnet/lab/epoch:2")["Parameter"]["Value"] == "0"
    assert code_of(ssm.get_parameter, Name="/cygnet/lab/epoch:9") == "ParameterVersionNotFound"


def test_an_overwriting_put_needs_no_type(ssm):
    put(ssm)
    assert ssm.put_parameter(Name="/cygnet/lab/epoch", Value="w", Overwrite=True)["Version"] == 2
    assert code_of(ssm.put_parameter, Name="/new", Value="w", Overwrite=True) == "ValidationException"


def test_a_put_without_overwrite_leaves_what_is_there(ssm):
    put(ssm)
    assert code_of(put, ssm, value="w") == "ParameterAlreadyExists"
    assert ssm.get_parameter(Name="/cygnet/lab/epoch")["Parameter"]["Value"] == "v"


def test_tags_are_refused_with_overwrite(ssm):
    tags = [{"Key": "a", "Value": "b"}]
    assert code_of(put, ssm, Overwrite=True, Tags=tags) == "ValidationException"
    assert put(ssm, Tags=tags)["Version"] == 1


@pytest.mark.parametrize("size, fits", [(4096, True), (4097, False)])
def test_a_value_has_at_most_4096_characters(ssm, size, fits):
    if fits:
        assert put(ssm, value="é" * size)["Version"] == 1
    else:
        assert code_of(put, ssm, value="x" * size) == "ValidationException"


@pytest.mark.parametrize("value", ["", "a {{b}} c", "{{"])
def test_values_that_are_refused(ssm, value):
    assert code_of(put, ssm, value=value) == "ValidationException"


@pytest.mark.parametrize("name", [
    "aws", "/AWS/x", "ssm-x", "/ssm/x", "a/b", "/a b", "/a//b", "/a/", "/", "/ä", "/a:b", "/a@b"])
def test_names_that_are_refused(ssm, name):
    assert code_of(put, ssm, name=name) == "ValidationException"


def test_a_hierarchy_has_at_most_15_levels(ssm):
    assert put(ssm, name="/l" * 15)["Version"] == 1
    assert code_of(put, ssm, name="/l" * 16) == "HierarchyLevelLimitExceededException"


@pytest.mark.parametrize("more", [
    {"Type": "SecureString"}, {"Tier": "Advanced"}, {"AllowedPattern": "a"}, {"DataType": "x"}])
def test_what_is_not_modelled_is_refused(ssm, more):
    assert code_of(put, ssm, **more) in ("UnsupportedParameterType", "ValidationException")


def test_a_hundred_versions_are_kept(ssm, world):
    for n in range(130):
        world.ssm("us-east-1").put("/cygnet/lab/epoch", str(n))
    first = ssm.get_parameter_history(Name="/cygnet/lab/epoch")
    rest = ssm.get_parameter_history(Name="/cygnet/lab/epoch", NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert [entry["Version"] for entry in first["Parameters"] + rest["Parameters"]] == list(range(31, 131))


def test_get_parameters_names_what_is_missing(ssm):
    put(ssm, name="/b")
    put(ssm, name="/a")
    reply = ssm.get_parameters(Names=["/b", "/c", "/a"])
    assert names(reply) == ["/a", "/b"]
    assert reply["InvalidParameters"] == ["/c"]


def test_get_parameters_takes_at_most_ten_names(ssm):
    assert ssm.get_parameters(Names=[f"/{n}" for n in range(10)])["Parameters"] == []
    assert code_of(ssm.get_parameters, Names=[f"/{n}" for n in range(11)]) == "ValidationException"


def test_by_path_lists_below_the_path_only(ssm):
    for name in ("/m/a", "/m/b/c", "/mm/d", "/m", "top"):
        put(ssm, name=name)
    assert names(ssm.get_parameters_by_path(Path="/m")) == ["/m/a"]
    assert names(ssm.get_parameters_by_path(Path="/m/", Recursive=True)) == ["/m/a", "/m/b/c"]
    assert names(ssm.get_parameters_by_path(Path="/nothing", Recursive=True)) == []


@pytest.mark.parametrize("empty", [False, True])
def test_by_path_gives_ten_a_page(ssm, world, empty):
    world.faults.empty_pages(empty)
    wanted = [f"/m/{n:02}" for n in range(25)]
    for name in wanted:
        world.ssm("us-east-1").put(name, "v")
    pages, token = [], {}
    while True:
        reply = ssm.get_parameters_by_path(Path="/m", Recursive=True, **token)
        pages.append(names(reply))
        if "NextToken" not in reply:
            break
        token = {"NextToken": reply["NextToken"]}
    assert [len(page) for page in pages] == ([0, 10, 0, 10, 0, 5] if empty else [10, 10, 5])
    assert sum(pages, []) == wanted


def test_a_token_continues_only_its_own_listing(ssm, world):
    for n in range(11):
        world.ssm("us-east-1").put(f"/m/{n:02}", "v")
    token = ssm.get_parameters_by_path(Path="/m")["NextToken"]
    assert code_of(ssm.get_parameters_by_path, Path="/n", NextToken=token) == "InvalidNextToken"
    assert code_of(ssm.get_parameters_by_path, Path="/m", NextToken=token + "x") == "InvalidNextToken"


def test_delete_forgets_the_history(ssm):
    put(ssm)
    put(ssm, Overwrite=True)
    ssm.delete_parameter(Name="/cygnet/lab/epoch")
    assert code_of(ssm.get_parameter, Name="/cygnet/lab/epoch") == "ParameterNotFound"
    assert code_of(ssm.get_parameter_history, Name="/cygnet/lab/epoch") == "ParameterNotFound"
    assert code_of(ssm.delete_parameter, Name="/cygnet/lab/epoch") == "ParameterNotFound"
    assert put(ssm)["Version"] == 1


def test_each_region_has_its_own_parameters(client, world):
    world.ssm("eu-west-1").put("/a", "v")
    assert client("ssm", region="eu-west-1").get_parameter(Name="/a")["Parameter"]["ARN"].split(":")[3] == "eu-west-1"
    assert code_of(client("ssm").get_parameter, Name="/a") == "ParameterNotFound"


def test_each_account_has_its_own_parameters(client, world):
    world.ssm("us-east-1", account="444455556666").put("/a", "v")
    assert code_of(client("ssm").get_parameter, Name="/a") == "ParameterNotFound"


@pytest.mark.parametrize("body, code", [
    (b'{"Name": "/a", "Colour": "red"}', "SerializationException"),
    (b'{"Name": 5}', "SerializationException"),
    (b'{"Name": "/a", "WithDecryption": "yes"}', "SerializationException"),
    (b'{"Name": "/a", "Name": "/b"}', "SerializationException"),
    (b'{"Name": "/a"', "SerializationException"),
    (b"[]", "SerializationException"),
    (b"", "SerializationException"),
    (b"\xff", "SerializationException"),
    (b"{}", "ValidationException"),
    (b'{"Name": ""}', "ValidationException"),
])
def test_a_body_that_breaks_the_model_is_refused(raw, body, code):
    response, reply = raw("GetParameter", body)
    assert (response.status, error_code(reply)) == (400, code)


@pytest.mark.parametrize("action, params", [
    ("GetParametersByPath", {"Path": "/a", "MaxResults": 11}),
    ("GetParametersByPath", {"Path": "/a", "MaxResults": 0}),
    ("GetParametersByPath", {"Path": "a"}),
    ("GetParametersByPath", {"Path": "/a//b"}),
    ("GetParameterHistory", {"Name": "/a", "MaxResults": 51}),
    ("PutParameter", {"Name": "/a", "Value": "v", "Type": "Text"}),
    ("PutParameter", {"Name": "/" + "a" * 2048, "Value": "v", "Type": "String"}),
    ("PutParameter", {"Name": "/a", "Value": "v", "Type": "String", "Tags": [{"Key": "k"}]}),
])
def test_a_value_outside_the_model_is_refused(raw, action, params):
    response, reply = raw(action, **params)
    assert (response.status, error_code(reply)) == (400, "ValidationException")


CALLS = {
    "PutParameter": {"Name": "/é", "Value": 'é"\\\n', "Type": "String", "Tags": [{"Key": "k", "Value": "v"}]},
    "GetParameter": {"Name": "/a:1", "WithDecryption": True},
    "GetParameters": {"Names": ["/a", "/b"], "WithDecryption": False},
    "GetParametersByPath": {"Path": "/a", "Recursive": True, "MaxResults": 10, "NextToken": "t"},
    "GetParameterHistory": {"Name": "/a", "MaxResults": 50},
    "DeleteParameter": {"Name": "/a"},
}


def test_every_action_is_decoded_as_boto3_was_called(ssm, world):
    assert set(CALLS) == set(SERVICES["ssm"].actions)
    for method, action in ssm.meta.method_to_api_mapping.items():
        if action in CALLS:
            with suppress(ClientError):
                getattr(ssm, method)(**CALLS[action])
            assert (world.calls[-1].action, world.calls[-1].params) == (action, CALLS[action])


def test_an_unknown_action_is_refused(raw):
    for action in ("DescribeParameters", "", "getParameter"):
        assert error_code(raw(action)[1]) == "UnknownOperationException"


def test_another_content_type_is_refused(raw):
    assert error_code(raw("GetParameter", content_type="application/json", Name="/a")[1]) == "UnknownOperationException"


@pytest.mark.parametrize("call, rate", [
    (lambda ssm: put(ssm, Overwrite=True), 3),
    (lambda ssm: ssm.get_parameters(Names=["/a"]), 40),
])
def test_the_rates_of_ssm(client, world, monkeypatch, call, rate):
    now = [world.clock()]
    monkeypatch.setattr(world, "clock", lambda: now[0])
    ssm, other = client("ssm"), client("ssm", region="eu-west-1")
    for _ in range(rate):
        call(ssm)
    assert code_of(call, ssm) == "ThrottlingException"
    call(other)
    now[0] += 1.01 / rate
    call(ssm)
    assert code_of(call, ssm) == "ThrottlingException"
    now[0] += 60
    for _ in range(rate):
        call(ssm)
    assert code_of(call, ssm) == "ThrottlingException"
    world.faults.limits(False)
    call(ssm)


def test_the_limit_of_parameters(ssm, world):
    store = world.ssm("us-east-1")
    for n in range(10_000):
        store.put(f"/{n}", "v")
    assert code_of(put, ssm) == "ParameterLimitExceeded"
    assert put(ssm, name="/7", Overwrite=True)["Version"] == 2


def test_tests_are_held_to_the_same_rules(world):
    with pytest.raises(ApiError):
        world.ssm("us-east-1").put("/a", "x" * 4097)
    with pytest.raises(ApiError):
        world.ssm("us-east-1").delete("/a")
