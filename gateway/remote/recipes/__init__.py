"""What the gateway supplies where a vendor lacks an operation."""

from collections.abc import Mapping

from gateway.remote.recipes import experiments, figures, rows, runs
from gateway.remote.recipes.base import Recipe
from schemas.operations import Op

RECIPES: Mapping[Op, Recipe] = {**runs.RECIPES, **figures.RECIPES, **experiments.RECIPES, **rows.RECIPES}
PIECED: Mapping[Op, Recipe] = rows.IN_BULK
"""Recipes for vendors whose own route for the operation gives only a piece of the reply."""

NEEDS: Mapping[Op, tuple[Op, ...]] = {
    Op.LIST_RUNS: (Op.GET_EXPERIMENT, Op.LIST_EXAMPLES),
    Op.GET_RUN: (Op.LIST_RUNS,),
    Op.LIST_SCORES: (Op.LIST_RUNS,),
    Op.GET_SCORE: (Op.LIST_RUNS,),
    Op.LIST_INCOMPLETE_RUNS: (Op.GET_EXPERIMENT, Op.LIST_EXAMPLES, Op.LIST_RUNS),
    Op.LIST_INCOMPLETE_SCORES: (Op.LIST_EXAMPLES, Op.LIST_RUNS),
    Op.ADD_RUN: (Op.ADD_RUN,),
    Op.ADD_RUNS: (Op.ADD_RUN,),
    Op.SUMMARIZE: (Op.GET_EXPERIMENT, Op.LIST_RUNS),
    Op.HISTOGRAM: (Op.GET_EXPERIMENT, Op.LIST_RUNS),
    Op.COMPARE: (Op.GET_EXPERIMENT, Op.LIST_RUNS),
    Op.EXPORT: (Op.GET_EXPERIMENT, Op.LIST_RUNS, Op.LIST_EXAMPLES),
    Op.LIST_EXPERIMENTS: (Op.LIST_EXPERIMENTS, Op.LIST_DATASETS),
    Op.CREATE_EXPERIMENT: (Op.CREATE_EXPERIMENT, Op.CREATE_DATASET),
    Op.GET_DATASET: (Op.LIST_DATASETS,),
    Op.GET_EXAMPLE: (Op.LIST_EXAMPLES,),
    Op.GET_DATASET_VERSION: (Op.LIST_DATASET_VERSIONS,),
    Op.CREATE_DATASET: (Op.CREATE_DATASET, Op.ADD_EXAMPLES),
    Op.DELETE_EXAMPLES: (Op.DELETE_EXAMPLES, Op.LIST_EXAMPLES),
    Op.LIST_DATASET_VERSIONS: (Op.GET_DATASET,),
    Op.ADD_EXAMPLES: (Op.GET_DATASET, Op.LIST_EXAMPLES, Op.CREATE_DATASET),
}
"""The vendor's own operations that each recipe stands on; without them the operation is unsupported."""

INSTEAD: Mapping[Op, tuple[Recipe, tuple[Op, ...]]] = {Op.ADD_RUN: (runs.resumed, (Op.LIST_RUNS, Op.UPDATE_RUN))}
"""What stands in where a vendor has no such operation at all, and what it needs."""
