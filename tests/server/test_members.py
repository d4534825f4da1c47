"""Who is in a space."""

from server.client import Api, at
from server.scenes import Scene


def user_of(api: Api, scene: Scene) -> str:
    """The user who does everything here."""
    user: str = api.get(at("/v2/evaluators/{}", scene.evaluator)).body["created_by_user_id"]
    return user


def test_a_member_is_added_changed_and_removed(api: Api, scene: Scene) -> None:
    path = at("/v2/spaces/{}/users", scene.space)
    user = user_of(api, scene)
    added = api.post(path, {"user_id": user, "role": "member"})
    assert added.status == 200
    assert added.body == {
        "id": added.body["id"],
        "user_id": user,
        "space_id": scene.space,
        "role": "member",
    }
    changed = api.post(path, {"user_id": user, "role": "READ_ONLY"})
    assert changed.body == {**added.body, "role": "read_only"}
    one = at("/v2/spaces/{}/users/{}", scene.space, user)
    assert api.delete(one).status == 204
    gone = api.delete(one)
    assert (gone.status, gone.pointers()) == (404, ["path:user_id"])


def test_a_user_that_does_not_exist_is_not_made_up(api: Api, scene: Scene) -> None:
    path = at("/v2/spaces/{}/users", scene.space)
    unknown = api.post(path, {"user_id": scene.dataset, "role": "member"})
    assert (unknown.status, unknown.pointers()) == (404, ["/user_id"])
    assert api.delete(at("/v2/spaces/{}/users/{}", scene.space, scene.dataset)).status == 404


def test_every_wrong_member_of_the_body_is_named(api: Api, scene: Scene) -> None:
    refused = api.post(at("/v2/spaces/{}/users", scene.space), {"role": "boss", "x": 1})
    assert refused.status == 400
    assert sorted(refused.pointers()) == ["/role", "/user_id", "/x"]
