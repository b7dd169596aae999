/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What chance alone does to numbers of samples: intervals that hold the truth in 95 of 100 profiles, and
 * the probability p that two counts differ as much as they do though nothing has changed.
 *
 * Counts may be effective ones: a sum of weights V, the squares of which sum up to Q, moves by chance as
 * V² / Q samples do that all weigh Q / V (the scaled Poisson distribution: Bohm and Zech, Statistics of
 * weighted Poisson events and its applications, arXiv:1309.1287).
 *
 *   a share, a count     score intervals (Wilson, JASA 22, 1927, 209; of a Poisson count: Barker, The
 *                        American Statistician 56, 2002, 85): never of width 0, never below 0
 *   a difference         from the two intervals (Newcombe, Statistics in Medicine 17, 1998, 873: method 10)
 *   two shares           Fisher's exact test; two counts: the binomial one, given their sum. Neither is
 *                        wrong for few samples, where the normal approximation is by orders of magnitude
 *   several runs a side  Student's t of what they vary by (diff.c)
 *   many functions       Holm's correction, weighted (Holm, Scandinavian Journal of Statistics 6, 1979;
 *                        properties: arXiv:2604.20016): with p < 0.05 the chance that even one function
 *                        is named that did not change is below 5 %, however the functions depend on each
 *                        other, and shares do, for they sum up to 1. (Benjamini and Hochberg's bounds the
 *                        part of false ones alone, and needs them not to depend in such a way.) A
 *                        function has the part of the 5 % that it has of all samples of both sides: given
 *                        their sum, these say nothing of a change; so a long tail of light functions
 *                        costs the heavy ones nothing.
 */
#ifndef EBPROF_REPORT_STATS_H
#define EBPROF_REPORT_STATS_H

#include <stddef.h>

/* Of 95 %; what is called significant has p below 1 - that. */
#define STATS_LEVEL 0.95

struct stats_interval {
	double low, high;
};

/* What lies within +-t is STATS_LEVEL of Student's distribution; INFINITY degrees of freedom: normal. */
double stats_quantile(double freedom);
/* The probability of a t at least as far from 0, on both sides. */
double stats_student(double t, double freedom);
/* Of a share of 'cnt' samples; 't' is the quantile. */
struct stats_interval stats_share(double share, double cnt, double t);
/* Of a count. */
struct stats_interval stats_count(double cnt, double t);
/* Of b - a. */
struct stats_interval stats_difference(double a, struct stats_interval of_a, double b,
                                       struct stats_interval of_b);
/* p of k1 samples out of n1 against k2 out of n2. */
double stats_shares_differ(double k1, double n1, double k2, double n2);
/* p of k1 against k2, when 'part' of both would be in the first. */
double stats_counts_differ(double k1, double k2, double part);

struct stats_test {
	double p, weight;
	double corrected; /* p, for all of them together */
};
/* Fills in 'corrected'. 0 or -ENOMEM. */
int stats_correct(struct stats_test *tests, size_t cnt);

#endif
