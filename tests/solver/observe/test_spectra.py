"""Spectra of sinusoids and noise whose power is known."""

import math

import numpy as np
import pytest

from solver.observe import band_power, coherence, spectrum

TIMES = np.arange(0.0, 1200.0, 2.0)
METHODS = ("multitaper", "welch", "periodogram")


def sine(frequency, amplitude=1.0, shift=0.0):
    return amplitude * np.sin(2 * np.pi * frequency * (TIMES - shift))


@pytest.mark.parametrize("method", METHODS)
def test_a_sinusoid_has_half_its_amplitude_squared(method):
    found = spectrum(TIMES, 5.0 + 0.01 * TIMES + sine(0.05, 0.3), method=method)
    power = band_power(found, 0.02, 0.08)
    assert power.value == pytest.approx(0.3**2 / 2, rel=0.01)
    assert 0 < power.error <= power.value
    assert band_power(found, 0.1, 0.2).value < 1e-4 * power.value


@pytest.mark.parametrize("method", METHODS)
def test_white_noise_is_flat_and_its_error_is_as_told(method):
    random = np.random.default_rng(3)
    answers = []
    for _ in range(60):
        found = spectrum(TIMES, random.normal(size=len(TIMES)), method=method)
        answers.append(band_power(found, 0.05, 0.15))
    values = np.array([answer.value for answer in answers])
    assert values.mean() == pytest.approx(0.1 / 0.25, rel=0.05)  # of 1, over 0-0.25 Hz
    assert values.std() == pytest.approx(answers[0].error, rel=0.5)


@pytest.mark.parametrize("method", ["multitaper", "welch"])
def test_two_lines_part_at_twice_the_resolution(method):
    wished = 0.01
    found = spectrum(TIMES, sine(0.05) + sine(0.07), method=method, resolution=wished)
    assert found.resolution == pytest.approx(wished, rel=0.01)
    between, on = (np.interp(f, *found[:2]) for f in (0.06, 0.05))
    assert between < 0.2 * on
    merged = spectrum(TIMES, sine(0.05) + sine(0.055), method=method, resolution=0.02)
    between, on = (np.interp(f, *merged[:2]) for f in (0.0525, 0.05))
    assert between > 0.3 * on


def test_what_a_spectrum_cannot_say():
    found = spectrum(TIMES, sine(0.05), resolution=0.02)
    assert "resolves 0.02 Hz" in band_power(found, 0.049, 0.051).reason
    assert math.isnan(band_power(found, 0.049, 0.051).value)
    assert "not within" in band_power(found, 0.2, 0.4).reason
    with pytest.raises(ValueError, match="make no spectrum"):
        spectrum(TIMES[:9], TIMES[:9])
    with pytest.raises(ValueError, match=r"resolves 0\.0017 Hz at best"):
        spectrum(TIMES, sine(0.05), resolution=0.001)
    with pytest.raises(ValueError, match="ask for a resolution"):
        spectrum(TIMES, sine(0.05), method="welch", resolution=0.0001)


def test_coherence_tells_an_answer_from_chance():
    random = np.random.default_rng(5)
    driver, noise = random.normal(size=(2, len(TIMES)))
    answer = np.roll(driver, 3) + noise  # 6 s later, as strong as the noise: 1/2
    found = coherence(TIMES, driver, answer, 0.04, resolution=0.02)
    assert found.value > found.chance
    assert found.lag == pytest.approx(6.0, abs=1.5)
    means = [
        coherence(TIMES, driver, answer, frequency, resolution=0.02).value
        for frequency in np.arange(0.03, 0.22, 0.01)
    ]
    assert np.mean(means) == pytest.approx(0.5, abs=0.1)
    above = 0
    for _ in range(100):
        a, b = random.normal(size=(2, len(TIMES)))
        above += coherence(TIMES, a, b, 0.05, resolution=0.02).value > found.chance
    assert above <= 14  # five expected


def test_coherence_of_one_window_is_refused():
    short = TIMES[:60]
    found = coherence(short, np.sin(short), np.cos(short), 0.05, resolution=0.015)
    assert math.isnan(found.value) and "independent windows" in found.reason
    assert "constant" in coherence(TIMES, sine(0.05), 0 * TIMES, 0.05, resolution=0.02).reason
    assert "not resolved" in coherence(TIMES, TIMES, TIMES, 0.01, resolution=0.02).reason
