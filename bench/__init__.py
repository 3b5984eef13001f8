"""The benchmark: our losses against other libraries and against what the memory allows, in one honest run.

racing     what all races share: timing, contestants, floors, the machine, the record of a cell
pointwise  rowwise  linear  torch_host  fit  boosting  startup    one race each: cases, contestants, goals
choosing   what following ``lossary choose`` costs, on data whose best loss is known
accuracy   errors beside other libraries', against exact arithmetic
pages      from the recorded JSON to tables and pictures
"""
