// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults and strings that a test has set.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "sim.h"

/* Protects the countdown of nth. Nothing is taken inside it. */
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

/* Interval at which a delayed operation reads the delay again, in ms. */
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
 * vdpasim_fault - apply the fault of an operation
 * @fault: the operation's fault
 *
 * May sleep, interruptible; no lock should be held. Return: 0, the error that was set, or -EINTR.
 */
int vdpasim_fault(struct vdpasim_fault *fault)
{
	return wait_out(&fault->delay_ms) ?: take_errno(fault);
}
EXPORT_SYMBOL_GPL(vdpasim_fault);

/**
 * vdpasim_text_init - initialise a string
 * @text: the text
 * @word: its value
 */
void vdpasim_text_init(struct vdpasim_text *text, const char *word)
{
	mutex_init(&text->lock);
	strscpy(text->word, word);
}

/**
 * vdpasim_text_read - copy a string
 * @text: the text
 * @word: destination of VDPASIM_TEXT_MAX bytes
 *
 * May sleep.
 */
void vdpasim_text_read(struct vdpasim_text *text, char *word)
{
	mutex_lock(&text->lock);
	strscpy(word, text->word, VDPASIM_TEXT_MAX);
	mutex_unlock(&text->lock);
}
