"""The objectives of most problems in mpmath, which differentiates on its own."""

import mpmath

#: The problems whose formula is written here.
IN_MPMATH = (
    "ard",
    "counts",
    "covariance",
    "decays",
    "glm",
    "gp_fit",
    "grid",
    "groups",
    "mvn",
    "rbf",
    "small_systems",
    "smoothness",
    "state_space",
    "survival_fit",
    "timeline",
)


def _kernel(lengthscale, variance, squared_distance):
    return variance * mpmath.exp(-squared_distance / (2 * lengthscale**2))


def _rbf(data, formulation):
    squared = sum((a - b) ** 2 for a, b in zip(data["x1"], data["x2"], strict=True))
    return lambda lengthscale, variance: _kernel(lengthscale, variance, squared)


def _covariance_entry(data, i, j):
    return lambda lengthscale, variance: _kernel(lengthscale, variance, (data["x"][i] - data["x"][j]) ** 2)


def _contracted(data):
    n = len(data["x"])
    return lambda *parameters: mpmath.fsum(
        data["cotangent"][i][j] * _covariance_entry(data, i, j)(*parameters) for i in range(n) for j in range(n)
    )


def _log_density(residual, entry, noise):
    n = len(residual)

    def log_density(*parameters):
        covariance = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(n):
                covariance[i, j] = entry(i, j)(*parameters) + (noise if i == j else 0)
        quadratic = (mpmath.matrix(residual).T * mpmath.inverse(covariance) * mpmath.matrix(residual))[0]
        return -(n * mpmath.log(2 * mpmath.pi) + mpmath.log(mpmath.det(covariance)) + quadratic) / 2

    return log_density


def _mvn(data):
    residual = [a - b for a, b in zip(data["x"], data["mu"], strict=True)]
    return _log_density(residual, lambda i, j: _covariance_entry(data, i, j), data["noise"])


def _ard(data):
    def entry(i, j):
        pairs = list(zip(data["x"][i], data["x"][j], strict=True))
        return lambda *lengthscales: (
            data["variance"]
            * mpmath.exp(
                -mpmath.fsum(((a - b) / scale) ** 2 for (a, b), scale in zip(pairs, lengthscales, strict=True)) / 2
            )
        )

    return _log_density(data["residual"], entry, data["noise"])


def _gp(data):
    def entry(i, j):
        return lambda lengthscale, variance, noise: (
            _kernel(lengthscale, variance, (data["t"][i] - data["t"][j]) ** 2) + (noise if i == j else 0)
        )

    log_density = _log_density(data["y"], entry, 0)
    return lambda *logarithms: -log_density(*map(mpmath.exp, logarithms))


def _survival(data):
    def objective(level, slope, log_rho):
        rho, patients = mpmath.exp(log_rho), zip(data["t"], data["died"], data["a"], strict=True)
        # The logarithm of the density if the death was observed, else of the survival function.
        return -mpmath.fsum(
            died * mpmath.log(rho / t * (t / mpmath.exp(level + slope * a)) ** rho)
            - (t / mpmath.exp(level + slope * a)) ** rho
            for t, died, a in patients
        )

    return objective


def _decay(t):
    return lambda *rates: mpmath.fsum(mpmath.exp(-rate * t) for rate in rates)


def _curve(t, formulation):
    return {
        "cdf": lambda mu, sigma: t * mpmath.ncdf(mu / sigma),
        "weibull": lambda lambda_, rho: (t / lambda_) ** rho,
    }.get(formulation, lambda mu, sigma: t * mu / sigma)


def _counts(data):
    def log_likelihood(*parameters):
        *beta, log_r = parameters
        r, total = mpmath.exp(log_r), 0
        for row, y in zip(data["x"], data["y"], strict=True):
            share = r / (r + mpmath.exp(mpmath.fdot(row, beta)))
            # The probability of y failures before r successes.
            probability = mpmath.gamma(y + r) / mpmath.gamma(r) / mpmath.factorial(y) * share**r * (1 - share) ** y
            total += mpmath.log(probability)
        return total

    return log_likelihood


def _logistic(data):
    return lambda *beta: mpmath.fsum(
        mpmath.log(1 / (1 + mpmath.exp(-(2 * y - 1) * mpmath.fdot(row, beta))))
        for row, y in zip(data["x"], data["y"], strict=True)
    )


def _groups(data, formulation):
    def predictor(u, row):
        if formulation == "interpolated":
            knot, w = int(data["knot"][row]), data["w"][row]
            return u[knot] + w * (u[knot + 1] - u[knot])
        z = data["z"][row]
        return mpmath.fdot(z, u[int(data["group"][row]) * len(z) :][: len(z)])

    def log_likelihood(*u):
        total = -mpmath.fdot(u, u) / 2
        for row, y in enumerate(data["y"]):
            eta = predictor(u, row)
            total += -((y - eta) ** 2) / 2 if formulation == "interpolated" else y * eta - mpmath.exp(eta)
        return total

    return log_likelihood


def _periodic(data):
    n = len(data["y"])

    def entry(i, j):
        return lambda lengthscale, variance, noise: (
            variance * mpmath.exp(-2 * (mpmath.sin(mpmath.pi * (i - j) / n) / lengthscale) ** 2)
            + (noise if i == j else 0)
        )

    return _log_density(data["y"], entry, 0)


def _state_space(data, formulation):
    nu = {"matern12": 1, "matern52": 5}.get(formulation, 3)

    def entry(i, j):
        def covariance(lengthscale, variance, noise):
            a = mpmath.sqrt(nu) * abs(data["t"][i] - data["t"][j]) / lengthscale
            polynomial = {1: 1, 3: 1 + a, 5: 1 + a + a**2 / 3}[nu]
            return variance * polynomial * mpmath.exp(-a) + (noise if i == j else 0)

        return covariance

    return _log_density(data["y"], entry, 0)


def _small_systems(data):
    def of_system(x, residual, lengthscale):
        def entry(i, j):
            return lambda scale: _kernel(scale, 1, (x[i] - x[j]) ** 2)

        return _log_density(residual, entry, data["noise"])(lengthscale)

    return lambda *lengthscales: mpmath.fsum(
        map(of_system, data["x"], data["residual"], lengthscales),
    )


def _roughness(data):
    axes = len(data["weights"])

    def roughness(*field):
        side, total = round(len(field) ** (1 / axes)), 0
        for axis, weight in enumerate(data["weights"]):
            stride = side ** (axes - 1 - axis)
            for place, number in enumerate(field):
                if place // stride % side < side - 1:
                    total += weight * (field[place + stride] - number) ** 2 / 2
        return total

    return roughness


def objectives(name, formulation, data):
    """The objective's outputs as mpmath functions of the parameters, in the order of the oracle's raveled value."""
    if name == "rbf":
        return [_rbf(data, formulation)]
    if name == "mvn":
        return [_mvn(data)]
    if name == "ard":
        return [_ard(data)]
    if name == "decays":
        return [_decay(t) for t in data["t"]]
    if name == "gp_fit":
        return [_gp(data)]
    if name == "survival_fit":
        return [_survival(data)]
    if name == "timeline":
        return [_curve(t, formulation) for t in data["t"]]
    scalar = {
        "counts": lambda: _counts(data),
        "counts_fit": lambda: lambda *parameters: -_counts(data)(*parameters),
        "glm": lambda: _logistic(data),
        "grid": lambda: _periodic(data),
        "groups": lambda: _groups(data, formulation),
        "small_systems": lambda: _small_systems(data),
        "smoothness": lambda: _roughness(data),
        "state_space": lambda: _state_space(data, formulation),
    }
    if name in scalar:
        return [scalar[name]()]
    assert name == "covariance"
    n = len(data["x"])
    if formulation == "full":
        return [_covariance_entry(data, i, j) for i in range(n) for j in range(n)]
    return [_contracted(data)]


def exact(array):
    return [exact(row) for row in array] if array.ndim else mpmath.mpf(float(array))
