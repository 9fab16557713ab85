"""An exchange that was recorded plays again, and holds no credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

import brex_accounting
import rillet
from brex_accounting.testing import StandIn as BrexStandIn
from clientkit import Answer, Outgoing
from clientkit.recording import Recorder, Replay, ReplayError
from rillet import NewVendor
from rillet.testing import StandIn, vendor


def test_what_was_recorded_plays_again(tmp_path: Path) -> None:
    standin = StandIn(vendors=[vendor("Ada")])
    recorder = Recorder(standin.transport())
    with rillet.Client(standin.api_key, transport=recorder) as client:
        listed = client.vendors.list().collect()
        made = client.vendors.create(NewVendor(name="Grace"))
    recorder.save(tmp_path / "vendors.json")
    text = (tmp_path / "vendors.json").read_text(encoding="utf-8")
    assert standin.api_key not in text
    assert "authorization" not in text.lower()

    replay = Replay.of(tmp_path / "vendors.json")
    with rillet.Client("another", transport=replay) as again:
        assert again.vendors.list().collect() == listed
        assert again.vendors.create(NewVendor(name="Grace")) == made
    assert replay.is_done


def test_another_request_is_named(tmp_path: Path) -> None:
    standin = StandIn(vendors=[vendor("Ada")])
    recorder = Recorder(standin.transport())
    with rillet.Client(standin.api_key, transport=recorder) as client:
        client.vendors.create(NewVendor(name="Grace"))
    replay = Replay(recorder.exchanges)
    with rillet.Client("another", transport=replay) as again:
        with pytest.raises(ReplayError, match="with the body"):
            again.vendors.create(NewVendor(name="Alan"))
        with pytest.raises(ReplayError, match="nothing is recorded"):
            again.vendors.create(NewVendor(name="Grace"))


def test_secrets_and_signed_links_do_not_come_into_the_file(tmp_path: Path) -> None:
    brex = BrexStandIn()
    recorder = Recorder(brex.transport())
    with brex_accounting.Client(brex.token, transport=recorder) as client:
        (secret, *_) = client.webhook_secrets.list()
    recorder.save(tmp_path / "secrets.json")
    assert secret.secret not in (tmp_path / "secrets.json").read_text(encoding="utf-8")

    class Links:
        def send(self, outgoing: Outgoing) -> Answer:
            del outgoing
            body = b'{"uri": "https://files.example/x.pdf?X-Amz-Signature=abc", "access_token": "t0k"}'
            return Answer(status=200, headers={"content-type": "application/json"}, content=body)

        def close(self) -> None:
            pass

    linked = Recorder(Links())
    asked = Outgoing(
        method="GET", url="https://x.example/y?api_key=k3y&limit=2", headers={}, timeout=1, max_answer_bytes=9
    )
    linked.send(asked)
    linked.save(tmp_path / "links.json")
    text = (tmp_path / "links.json").read_text(encoding="utf-8")
    assert not {"abc", "t0k", "k3y"} & set(text.replace('"', " ").replace("=", " ").split())
    assert '"limit"' in text
