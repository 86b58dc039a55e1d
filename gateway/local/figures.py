"""Summaries and histograms of an experiment's runs."""

from gateway.analysis.histogram import HistogramFold
from gateway.analysis.summary import SummaryFold
from gateway.local import evaluators, listing, lookup, run_lists
from gateway.local.handler import Reply
from gateway.store import Transaction
from schemas.ids import Kind
from schemas.operations import Caller, HistogramArgs, Op, SummarizeArgs
from schemas.query import ListArgs


def summarize(tx: Transaction, args: SummarizeArgs, _body: None, caller: Caller) -> Reply:
    """The figures of the runs that meet the conditions; a group's over everything and for each variant."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    arms = lookup.arm_numbers(tx, experiment) if experiment.is_group else ()
    fold = SummaryFold(tx.ids.make(Kind.EXPERIMENT, experiment.id), [tx.ids.make(Kind.EXPERIMENT, number) for number in arms])
    query = run_lists.listed(tx, experiment, args, args.where)
    for run in listing.stream(tx, run_lists.listing_of(tx, query), ListArgs(where=args.where)):
        fold.add(run)
    return fold.result().model_dump()


def histogram(tx: Transaction, args: HistogramArgs, _body: None, caller: Caller) -> Reply:
    """How the scores of one evaluator are distributed; without any there are no bars."""
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    fold = HistogramFold(args.evaluator, evaluators.names(tx, args.evaluator, caller.scope), args.bins)
    query = run_lists.listed(tx, experiment, None, args.where)
    for run in listing.stream(tx, run_lists.listing_of(tx, query), ListArgs(where=args.where)):
        fold.add(run)
    return fold.result().model_dump()


HANDLERS = {Op.SUMMARIZE: summarize, Op.HISTOGRAM: histogram}
