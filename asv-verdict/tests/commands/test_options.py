"""Values of options that are wrong: the message names the value, and what is expected."""

import pytest

from asv_verdict.__main__ import main


@pytest.mark.parametrize("text", ["²", 5000 * "9", "-1", "1.0", "x"])
@pytest.mark.parametrize("words", [["detect", ".", "--last"], ["calibrate", "--pairs"], ["issues", "--status"]])
def test_a_number_that_cannot_be_read_is_named_with_what_is_expected(capsys, words, text):
    *command, option = words
    with pytest.raises(SystemExit) as ended:
        main([*command, f"{option}={text}"])
    assert ended.value.code == 2
    assert f"{text[:20]!r}: expected " in capsys.readouterr().err
