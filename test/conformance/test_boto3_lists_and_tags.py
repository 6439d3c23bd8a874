"""boto3: lists, pages, filters, tags."""

import botocore.exceptions
import pytest

import steps

ARN = "arn:aws:glue:eu-central-1:000000000000:session/"


def code_of(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def pages(call, **arguments):
    """Follows NextToken to the end."""
    found, token = [], {}
    while True:
        page = call(**arguments, **token)
        found.append(page)
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


@pytest.fixture(scope="module")
def family(glue):
    """Four sessions that need not run: accepted, then stopped."""
    ids = []
    for name in ("ada", "bob", "cyd", "dan"):
        ids.append(steps.create(glue, name, Tags={"who": name, "side": "left" if name < "c" else "right"},
                                RequestOrigin="kernel-" + ("a" if name in ("ada", "dan") else "b")))
        glue.stop_session(Id=name)
    yield ids
    for session_id in ids:
        glue.delete_session(Id=session_id)


def test_pages_hold_every_session_once_newest_first(glue, family):
    seen = pages(glue.list_sessions, MaxResults=3)
    assert [len(page["Ids"]) for page in seen] == [3, 1]
    assert [i for page in seen for i in page["Ids"]] == family[::-1]
    assert all(page["Ids"] == [s["Id"] for s in page["Sessions"]] for page in seen)


def test_a_page_that_is_exactly_full_is_the_last(glue, family):
    assert [len(page["Ids"]) for page in pages(glue.list_sessions, MaxResults=4)] == [4]


def test_a_session_made_between_two_pages_disturbs_neither(glue, family):
    first = glue.list_sessions(MaxResults=2)
    steps.create(glue, "late")
    second = glue.list_sessions(MaxResults=2, NextToken=first["NextToken"])
    glue.delete_session(Id="late")
    assert first["Ids"] + second["Ids"] == family[::-1]


def test_tags_filter_the_list(glue, family):
    assert glue.list_sessions(Tags={"side": "left"})["Ids"] == ["bob", "ada"]
    assert glue.list_sessions(Tags={"side": "left", "who": "ada"})["Ids"] == ["ada"]
    assert glue.list_sessions(Tags={"side": "up"})["Ids"] == []
    assert [p["Ids"] for p in pages(glue.list_sessions, Tags={"side": "right"}, MaxResults=1)] == [["dan"], ["cyd"]]


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "0", "-1", "' or 1=1", "é"])
def test_a_page_token_of_nobody_is_refused(glue, token):
    assert code_of(glue.list_sessions, NextToken=token) == "InvalidInputException"


def test_tags_are_added_replaced_and_removed(glue, family):
    arn = ARN + "ada"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"who": "ada lovelace", "new": ""})
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"who": "ada lovelace", "new": "", "side": "left"}
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["new", "was-never-there"])
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"who": "ada"})
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"who": "ada", "side": "left"}


def test_fifty_tags_are_allowed_and_one_more_is_not(glue, family):
    arn = ARN + "cyd"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={f"tag{i}": "x" for i in range(48)})
    assert len(glue.get_tags(ResourceArn=arn)["Tags"]) == 50
    assert code_of(glue.tag_resource, ResourceArn=arn, TagsToAdd={"straw": "x"}) == "InvalidInputException"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"tag0": "replaced"})
    assert glue.get_tags(ResourceArn=arn)["Tags"]["tag0"] == "replaced"
    glue.untag_resource(ResourceArn=arn, TagsToRemove=[f"tag{i}" for i in range(48)])


@pytest.mark.parametrize("call", ["tag_resource", "untag_resource", "get_tags"])
def test_tags_of_an_unknown_session_are_not_found(glue, call):
    more = {"tag_resource": {"TagsToAdd": {"a": "b"}}, "untag_resource": {"TagsToRemove": ["a"]}, "get_tags": {}}
    assert code_of(getattr(glue, call), ResourceArn=ARN + "nobody", **more[call]) == "EntityNotFoundException"


def test_tags_go_away_with_their_session(glue):
    steps.create(glue, "tagged", Tags={"a": "1"})
    glue.delete_session(Id="tagged")
    assert code_of(glue.get_tags, ResourceArn=ARN + "tagged") == "EntityNotFoundException"
    steps.create(glue, "tagged")
    assert glue.get_tags(ResourceArn=ARN + "tagged")["Tags"] == {}
    glue.delete_session(Id="tagged")
