/* The loops of state_space (matern32) and ode (initial) without a library: a lower bound for what a step costs. A step
   of the second loop computes all copies at once, by the vector functions of the C library (-ffast-math).

   Formulas and names are those of autodiff_kernels/problems. With `gradient`, each function also runs back over the
   steps, from what `kept` holds of them. */

#include <math.h>

enum { COPIES = 16 };

double filter(long n, const double *parameters, const double *t, const double *y, double *gradient, double *kept) {
    const double lengthscale = parameters[0], variance = parameters[1], noise = parameters[2], two_pi = 2 * acos(-1.0);
    const double rate = sqrt(3.0) / lengthscale;
    double m0 = 0, m1 = 0, p00 = variance, p01 = 0, p11 = variance, total = 0;
    for (long i = 0; i < n; i++) {
        const double a = i ? rate * (t[i] - t[i - 1]) : 0, e = exp(-a);
        const double a00 = e * (1 + a), a01 = e * a, a10 = -a01, a11 = e * (1 - a);
        const double u0 = a00 * m0 + a01 * m1, u1 = a10 * m0 + a11 * m1;
        const double x00 = p00 - variance, x11 = p11 - variance;
        const double b00 = a00 * x00 + a01 * p01, b01 = a00 * p01 + a01 * x11;
        const double b10 = a10 * x00 + a11 * p01, b11 = a10 * p01 + a11 * x11;
        const double q00 = b00 * a00 + b01 * a01 + variance, q01 = b00 * a10 + b01 * a11;
        const double q11 = b10 * a10 + b11 * a11 + variance;
        const double s = q00 + noise, v = y[i] - u0, g0 = q00 / s, g1 = q01 / s;
        total += log(two_pi * s) + v * v / s;
        m0 = u0 + g0 * v, m1 = u1 + g1 * v;
        p00 = q00 - g0 * q00, p01 = q01 - g0 * q01, p11 = q11 - g1 * q01;
        if (gradient) {
            double *of_step = kept + 5 * i;
            of_step[0] = u0, of_step[1] = u1, of_step[2] = q00, of_step[3] = q01, of_step[4] = q11;
        }
    }
    if (!gradient) return -0.5 * total;
    double in_scaled = 0, in_variance = 0, in_noise = 0, c00 = 0, c01 = 0, c11 = 0;
    m0 = m1 = 0;
    for (long i = n - 1; i >= 0; i--) {
        const double a = i ? rate * (t[i] - t[i - 1]) : 0, e = exp(-a);
        const double a00 = e * (1 + a), a01 = e * a, a10 = -a01, a11 = e * (1 - a);
        const double *of_step = kept + 5 * i;
        const double u0 = of_step[0], u1 = of_step[1], q00 = of_step[2], q01 = of_step[3];
        const double x00 = q00 - variance, x11 = of_step[4] - variance, s = q00 + noise, v = y[i] - u0;
        const double r0 = c00 * q00 + c01 * q01, r1 = c01 * q00 + c11 * q01, along = m0 * q00 + m1 * q01, ratio = v / s;
        const double of_s = ((q00 * r0 + q01 * r1) / s - along * ratio - 0.5) / s + 0.5 * ratio * ratio;
        const double h0 = (0.5 * v * m0 - r0) / s + 0.5 * of_s, h1 = (0.5 * v * m1 - r1) / s;
        m0 += ratio - along / s;
        c00 += 2 * h0, c01 += h1;
        in_noise += of_s;
        in_scaled += a * (m0 * u1 - m1 * (u0 + 2 * u1)
                          + 2 * (c00 * q01 + c01 * (x11 - x00 - 2 * q01) - c11 * (q01 + 2 * x11)));
        const double t00 = c00 * a00 + c01 * a10, t01 = c00 * a01 + c01 * a11;
        const double t10 = c01 * a00 + c11 * a10, t11 = c01 * a01 + c11 * a11;
        const double d00 = a00 * t00 + a10 * t10, d11 = a01 * t01 + a11 * t11, before = a00 * m0 + a10 * m1;
        in_variance += c00 + c11 - (i ? d00 + d11 : 0);
        m1 = a01 * m0 + a11 * m1, m0 = before;
        c01 = a00 * t01 + a10 * t11, c00 = d00, c11 = d11;
    }
    gradient[0] = -in_scaled / lengthscale, gradient[1] = in_variance, gradient[2] = in_noise;
    return -0.5 * total;
}

static inline void rates(const double *v, const double *w, const double *current, const double *g, double *in_v,
                         double *in_w) {
    for (int c = 0; c < COPIES; c++) {
        const double opened = 0.5 * (1 + tanh((v[c] + 1.2) / 18)), target = 0.5 * (1 + tanh((v[c] - 2) / 30));
        const double up = exp((v[c] - 2) / 60);
        in_v[c] = (current[c] - g[0] * opened * (v[c] - 120) - g[1] * w[c] * (v[c] + 84) - g[2] * (v[c] + 60)) / 20;
        in_w[c] = 0.02 * (up + 1 / up) * (target - w[c]);
    }
}

/* The four states at which a step evaluates the rates, and the state after it, which may be the one before. */
static inline void step_of(const double *v, const double *w, const double *current, const double *g, double step,
                           double at_v[4][COPIES], double at_w[4][COPIES], double *to_v, double *to_w) {
    const double nodes[4] = {0, 0.5, 0.5, 1}, weights[4] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    double in_v[COPIES] = {0}, in_w[COPIES] = {0}, sum_v[COPIES] = {0}, sum_w[COPIES] = {0};
    for (int stage = 0; stage < 4; stage++) {
        for (int c = 0; c < COPIES; c++) {
            at_v[stage][c] = v[c] + nodes[stage] * step * in_v[c];
            at_w[stage][c] = w[c] + nodes[stage] * step * in_w[c];
        }
        rates(at_v[stage], at_w[stage], current, g, in_v, in_w);
        for (int c = 0; c < COPIES; c++) sum_v[c] += weights[stage] * in_v[c], sum_w[c] += weights[stage] * in_w[c];
    }
    for (int c = 0; c < COPIES; c++) to_v[c] = v[c] + step * sum_v[c], to_w[c] = w[c] + step * sum_w[c];
}

/* `pulled` holds the derivative in the rates of a stage and returns that in its state. */
static inline void pull_back(const double *v, const double *w, const double *g, double *pulled_v, double *pulled_w) {
    for (int c = 0; c < COPIES; c++) {
        const double up = exp((v[c] - 2) / 60), calcium = tanh((v[c] + 1.2) / 18), target = tanh((v[c] - 2) / 30);
        const double opened = 0.5 * (1 + calcium), speed = 0.02 * (up + 1 / up);
        const double slope = (1 - calcium * calcium) / 36 * (v[c] - 120);
        const double v_in_v = -(g[0] * (opened + slope) + g[1] * w[c] + g[2]) / 20;
        const double w_in_v = 0.02 / 60 * (up - 1 / up) * (0.5 * (1 + target) - w[c])
                              + speed * (1 - target * target) / 60;
        const double in_v = v_in_v * pulled_v[c] + w_in_v * pulled_w[c];
        pulled_w[c] = -g[1] * (v[c] + 84) / 20 * pulled_v[c] - speed * pulled_w[c];
        pulled_v[c] = in_v;
    }
}

double membrane(long n, const double *potential, const double *g, const double *current, const double *stimulus,
                double step, double *gradient, double *kept) {
    const double after[4] = {0.5, 0.5, 1, 0}, weights[4] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    double at_v[4][COPIES], at_w[4][COPIES], v[COPIES], w[COPIES] = {0}, now[COPIES], to_v[COPIES], to_w[COPIES];
    for (int c = 0; c < COPIES; c++) v[c] = potential[c];
    for (long i = 0; i < n; i++) {
        for (int c = 0; c < COPIES; c++) now[c] = current[c] + stimulus[i];
        if (gradient)
            for (int c = 0; c < COPIES; c++) kept[2 * COPIES * i + c] = v[c], kept[2 * COPIES * i + COPIES + c] = w[c];
        step_of(v, w, now, g, step, at_v, at_w, v, w);
    }
    double total = 0;
    for (int c = 0; c < COPIES; c++) total += v[c] / COPIES;
    if (!gradient) return total;
    double of_v[COPIES], of_w[COPIES] = {0};
    for (int c = 0; c < COPIES; c++) of_v[c] = 1.0 / COPIES;
    for (long i = n - 1; i >= 0; i--) {
        const double *before = kept + 2 * COPIES * i;
        for (int c = 0; c < COPIES; c++) now[c] = current[c] + stimulus[i];
        step_of(before, before + COPIES, now, g, step, at_v, at_w, to_v, to_w);
        double pulled_v[COPIES] = {0}, pulled_w[COPIES] = {0}, sum_v[COPIES] = {0}, sum_w[COPIES] = {0};
        for (int stage = 3; stage >= 0; stage--) {
            for (int c = 0; c < COPIES; c++) {
                pulled_v[c] = step * (weights[stage] * of_v[c] + after[stage] * pulled_v[c]);
                pulled_w[c] = step * (weights[stage] * of_w[c] + after[stage] * pulled_w[c]);
            }
            pull_back(at_v[stage], at_w[stage], g, pulled_v, pulled_w);
            for (int c = 0; c < COPIES; c++) sum_v[c] += pulled_v[c], sum_w[c] += pulled_w[c];
        }
        for (int c = 0; c < COPIES; c++) of_v[c] += sum_v[c], of_w[c] += sum_w[c];
    }
    for (int c = 0; c < COPIES; c++) gradient[c] = of_v[c];
    return total;
}
