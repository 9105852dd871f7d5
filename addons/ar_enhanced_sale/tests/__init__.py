from . import test_order_exposure, test_order_hold, test_order_hold_tour, test_order_standing, test_order_ways_around
