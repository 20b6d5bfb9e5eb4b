"""The metrics against answers that are known."""

import numpy as np
import pytest

from recipe import metrics


def gaussian(mean, cov, n=4000, seed=0):
    return np.random.default_rng(seed).multivariate_normal(mean, cov, n)


def test_frechet_distance_of_commuting_gaussians():
    # Diagonal covariances commute: sum (m - n)^2 + (sqrt a - sqrt b)^2.
    m, n, a, b = np.array([0.0, 1.0]), np.array([2.0, 1.0]), np.diag([4.0, 1.0]), np.diag([1.0, 9.0])
    assert metrics.frechet_of_gaussians(m, a, n, b) == pytest.approx(4 + 1 + 4)


def test_frechet_distance_does_not_depend_on_the_axes():
    rng = np.random.default_rng(1)
    q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    a, b = np.diag([4.0, 1.0, 0.5]), np.diag([1.0, 9.0, 0.1])
    zero = np.zeros(3)
    turned = metrics.frechet_of_gaussians(zero, q @ a @ q.T, zero, q @ b @ q.T)
    assert turned == pytest.approx(metrics.frechet_of_gaussians(zero, a, zero, b))


def test_frechet_distance_of_covariances_that_do_not_commute():
    # In two dimensions tr sqrt(AB) = sqrt(tr AB + 2 sqrt(det AB)).
    a, b = np.array([[2.0, 0.8], [0.8, 1.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    cross = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    zero = np.zeros(2)
    assert metrics.frechet_of_gaussians(zero, a, zero, b) == pytest.approx(np.trace(a) + np.trace(b) - 2 * cross)


def test_frechet_distance_of_samples():
    x, y = gaussian([0, 0], np.eye(2)), gaussian([3, 0], 4 * np.eye(2), seed=1)
    assert metrics.frechet(x, y) == pytest.approx(9 + 2, rel=0.05)
    assert metrics.frechet(x, x) == pytest.approx(0, abs=1e-9)


def test_mmd_is_unbiased_and_knows_its_closed_form():
    # For N(0, 1) and N(m, 1) under a kernel of width w: 2 c (1 - exp(-m^2 / 2 (w^2 + 2))), c = w / sqrt(w^2 + 2).
    w, m = 1.5, 2.0
    c = w / np.sqrt(w**2 + 2)
    want = 2 * c * (1 - np.exp(-(m**2) / (2 * (w**2 + 2))))
    draws = [np.random.default_rng(i).standard_normal((2, 60, 1)) for i in range(200)]
    assert np.mean([metrics.mmd(x, y + m, w) for x, y in draws]) == pytest.approx(want, rel=0.02)
    same = [metrics.mmd(x, y, w) for x, y in draws]
    assert abs(np.mean(same)) < 0.002 and min(same) < 0 < max(same)


def test_bandwidth_is_the_median_distance():
    assert metrics.bandwidth(np.array([[0.0], [1.0], [3.0]])) == 2


def test_neighbourhoods_of_the_same_set():
    x = gaussian([0, 0], np.eye(2), 300)
    found = metrics.neighbourhoods(x, x)
    assert found["coverage"] == found["recall"] == 1
    assert found["density"] == pytest.approx((metrics.K + 1) / metrics.K)  # every ball holds its centre as well


def test_neighbourhoods_of_two_draws_and_of_sets_apart():
    x, y = gaussian([0, 0], np.eye(2), 1000), gaussian([0, 0], np.eye(2), 1000, seed=1)
    found = metrics.neighbourhoods(x, y)
    assert found["density"] == pytest.approx(1, abs=0.1)
    assert found["coverage"] == pytest.approx(1 - 0.5**metrics.K, abs=0.03)  # Naeem et al. 2020, section 3.2
    assert metrics.neighbourhoods(x, y + 100) == {"density": 0, "coverage": 0, "recall": 0}


def test_a_lost_mode_costs_coverage_and_recall_but_no_density():
    left, right = gaussian([-20, 0], np.eye(2), 300), gaussian([20, 0], np.eye(2), 300, seed=1)
    found = metrics.neighbourhoods(np.concatenate([left, right]), gaussian([-20, 0], np.eye(2), 600, seed=2))
    assert found["coverage"] == pytest.approx(0.5, abs=0.02)
    assert found["recall"] == pytest.approx(0.5, abs=0.05)
    assert found["density"] > 0.9


def test_the_projection_has_the_reference_at_variance_one():
    x = gaussian([5, 0, 0], np.diag([9.0, 4.0, 1.0]))
    y = metrics.Projection(x, 3)(x)
    assert np.trace(np.cov(y.T)) == pytest.approx(1)
    assert np.abs(y.mean(0)).max() < 1e-9


def test_halves_spread_like_the_standard_error_of_a_mean():
    x = np.random.default_rng(0).standard_normal(400)
    assert np.std([x[rows].mean() for rows in metrics.halves(len(x), 400)]) == pytest.approx(1 / 20, rel=0.15)
