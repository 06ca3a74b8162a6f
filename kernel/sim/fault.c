// SPDX-License-Identifier: GPL-2.0-only
/* What a test has asked to go wrong, and words that it has set. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "sim.h"

/* Makes counting down nth one step for callers that race. Nothing is taken under it. */
static DEFINE_SPINLOCK(nth_lock);

static int take_errno(struct vdpasim_fault *fault)
{
	int err;

	spin_lock(&nth_lock);
	err = -(int)min_t(u32, fault->errno, MAX_ERRNO);
	if (err && fault->nth) {
		if (--fault->nth)
			err = 0;
		else
			fault->errno = 0;
	}
	spin_unlock(&nth_lock);
	return err;
}

/* In ms: how often an operation that is delayed looks whether it still shall be. */
#define DELAY_LOOK_MS	10

static int wait_out(const u32 *delay_ms)
{
	unsigned long begin = jiffies, end;

	while (end = begin + msecs_to_jiffies(READ_ONCE(*delay_ms)), time_before(jiffies, end))
		if (msleep_interruptible(min(jiffies_to_msecs(end - jiffies), DELAY_LOOK_MS)))
			return -EINTR;
	return 0;
}

/**
 * vdpasim_fault - let go wrong what a test has asked for
 * @fault: of the operation that is about to be done
 *
 * May sleep, until a signal at most; no lock should be held. Return: 0, the error asked for, or
 * -EINTR.
 */
int vdpasim_fault(struct vdpasim_fault *fault)
{
	return wait_out(&fault->delay_ms) ?: take_errno(fault);
}
EXPORT_SYMBOL_GPL(vdpasim_fault);

/**
 * vdpasim_text_init - set a word at first
 * @text: for the word
 * @word: the word
 */
void vdpasim_text_init(struct vdpasim_text *text, const char *word)
{
	mutex_init(&text->lock);
	strscpy(text->word, word);
}

/**
 * vdpasim_text_read - copy a word
 * @text: has it
 * @word: VDPASIM_TEXT_MAX bytes
 *
 * May sleep.
 */
void vdpasim_text_read(struct vdpasim_text *text, char *word)
{
	mutex_lock(&text->lock);
	strscpy(word, text->word, VDPASIM_TEXT_MAX);
	mutex_unlock(&text->lock);
}
