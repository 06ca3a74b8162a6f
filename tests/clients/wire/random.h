/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that look random and are the same for the same seed, on any machine: xorshift64*. */
#ifndef WIRE_RANDOM_H
#define WIRE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct wire_random {
	uint64_t state;
};

static inline uint64_t wire_random(struct wire_random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dULL;
}

/* A sequence of its own for each @n of a @seed, never the one that stays 0. */
static inline struct wire_random wire_random_start(uint64_t seed, uint64_t n)
{
	struct wire_random r = { (seed ^ (n * 0x9e3779b97f4a7c15ULL)) | 1 };

	wire_random(&r);
	wire_random(&r);
	return r;
}

/* 0 to @n - 1 */
static inline uint32_t wire_below(struct wire_random *r, uint32_t n)
{
	return (wire_random(r) >> 32) % n;
}

/* True in @percent of 100 cases. */
static inline bool wire_chance(struct wire_random *r, unsigned int percent)
{
	return wire_below(r, 100) < percent;
}

#endif
